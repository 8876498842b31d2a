//! The limit of mappings, in a process of its own that is brought near it first.

use std::process::Command;

use listings::generator_memory::{
    Kind,
    s7_crowded::{crowd, threads_until_refused},
};

#[test]
#[ignore = "fills the table of mappings of its process: `refused_at_the_limit` starts it"]
fn crowded() {
    match crowd(2000) {
        Err(why) => println!("skipped: {why}"),
        Ok(_) => {
            let refused = Kind::Stackful(16)
                .hold(5000)
                .map(drop)
                .expect_err("there is no room for 5000");
            assert!((500..1100).contains(&refused.made), "{refused}");
            // All were given back, so there is room again, and the process goes on.
            assert!(Kind::Stackful(16).hold(400).is_ok());
            println!("refused cleanly");
        }
    }
}

#[test]
fn refused_at_the_limit_the_process_goes_on() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["limits::crowded", "--exact", "--ignored", "--nocapture"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let skipped = said.lines().find(|line| line.contains("skipped: "));
    if let Some(line) = skipped {
        println!("{line}");
        return;
    }
    assert!(
        output.status.success() && said.contains("refused cleanly"),
        "{said}"
    );
}

#[test]
#[ignore = "fills the table of mappings of its process: `thread_too_many_ends_its_process` starts it"]
fn crowded_with_threads() {
    let (made, why) = threads_until_refused();
    println!("refused after {made}: {why}");
}

#[test]
fn thread_too_many_ends_its_process_or_is_refused() {
    use std::os::unix::process::ExitStatusExt;

    let output = Command::new(std::env::current_exe().unwrap())
        .args([
            "limits::crowded_with_threads",
            "--exact",
            "--ignored",
            "--nocapture",
        ])
        .env("RUST_BACKTRACE", "0")
        .output()
        .unwrap();
    let (said, error) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    // Which of the mappings of a thread is the one that does not exist decides who notices.
    let aborted =
        output.status.signal() == Some(libc::SIGABRT) && error.contains("alternative stack");
    let refused = output.status.success() && said.contains("refused after ");
    assert!(aborted || refused, "{:?}\n{said}{error}", output.status);
    println!("{}", if aborted { "aborted" } else { "refused" });
}
