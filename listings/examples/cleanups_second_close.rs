//! Two owners of one descriptor, in a debug build. The program starts itself, to be there afterwards.

#[cfg(unix)]
fn main() -> std::io::Result<()> {
    use std::{
        env,
        fs::File,
        os::fd::{AsRawFd, FromRawFd, OwnedFd},
        process::Command,
    };

    if env::args().nth(1).is_some() {
        let file = File::open("/dev/null")?;
        // SAFETY: claimed, and false: `file` owns the number too.
        let second = unsafe { OwnedFd::from_raw_fd(file.as_raw_fd()) };
        println!("first owner goes");
        drop(file);
        println!("second owner goes");
        drop(second);
        println!("never reached");
        return Ok(());
    }

    let output = Command::new(env::current_exe()?).arg("child").output()?;
    print!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr).trim_start()
    );
    println!(
        "ended with {}",
        output.status.to_string().trim_end_matches(" (core dumped)")
    );
    Ok(())
}

#[cfg(not(unix))]
fn main() {
    println!("descriptors are Unix's: run this on Linux or macOS");
}
