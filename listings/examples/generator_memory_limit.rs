//! What happens at the limit of mappings: in processes of their own, which are brought near it first.

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    use std::process::Command;

    use listings::generator_memory::{Kind, s7_crowded};

    if std::env::args()
        .nth(1)
        .is_some_and(|argument| argument == "threads")
    {
        let (made, why) = s7_crowded::threads_until_refused();
        println!("refused after {made}: {why}");
        return Ok(());
    }
    let limit = match s7_crowded::crowd(2000) {
        Ok(limit) => limit,
        Err(why) => {
            println!("skipped: {why}");
            return Ok(());
        }
    };
    println!("vm.max_map_count is {limit}; about 2000 mappings are left\n");
    match Kind::Stackful(16).hold(10_000) {
        Ok(_) => println!("10 000 stackful coroutines: made"),
        Err(refused) => println!("10 000 stackful coroutines: {refused}"),
    }
    println!(
        "and the process goes on: {}\n",
        Kind::Stackful(16).hold(500).is_ok()
    );

    let ended = Command::new(std::env::current_exe()?)
        .arg("threads")
        .env("RUST_BACKTRACE", "0")
        .output()?;
    println!("threads, in another process like this:");
    println!(
        "  {}{}",
        String::from_utf8_lossy(&ended.stdout),
        ended.status
    );
    // The line before says which thread, and where in std. Several threads may say it at once.
    let error = String::from_utf8_lossy(&ended.stderr);
    if let Some(line) = error.lines().find(|line| line.starts_with("failed to")) {
        println!("  {line}");
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("skipped: only Linux has this limit");
}
