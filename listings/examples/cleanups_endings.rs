//! Does `Drop` run? The program starts itself once for each ending, and looks whether the record is in the file.

#[cfg(unix)]
fn main() -> std::io::Result<()> {
    use std::{
        env, fs,
        process::{Command, Stdio},
    };

    use listings::cleanups::{Db, Ending};

    let arguments: Vec<_> = env::args().skip(1).collect();
    if let [ending, path] = &arguments[..] {
        let ending = Ending::named(ending).expect("started by this program");
        ending.happen(Db::open(path)?);
        return Ok(());
    }

    println!("{:<12} {:<9} ended with", "ending", "Drop ran");
    for ending in Ending::ALL {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("db");
        let mut child = Command::new(env::current_exe()?);
        child
            .arg(format!("{ending:?}"))
            .arg(&path)
            .stderr(Stdio::null());
        let status = child.status()?;
        let ran = if fs::read_to_string(&path)?.is_empty() {
            "no"
        } else {
            "yes"
        };
        println!(
            "{:<12} {ran:<9} {}",
            format!("{ending:?}"),
            status.to_string().trim_end_matches(" (core dumped)")
        );
    }
    Ok(())
}

#[cfg(not(unix))]
fn main() {
    println!("descriptors are Unix's: run this on Linux or macOS");
}
