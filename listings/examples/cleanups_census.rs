//! A thousand databases, four ways to end each, and two ways to count.

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    use std::{
        fs::File,
        mem,
        panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    };

    use listings::cleanups::{Census, Db};
    use procfs::process::Process;

    let [ours, theirs] = [tempfile::tempdir()?, tempfile::tempdir()?];
    let census = Census::below(&ours)?;
    let whole = || {
        Process::myself()
            .and_then(|process| process.fd_count())
            .map_err(std::io::Error::other)
    };
    let mut neighbours = Vec::new();

    type Way = (&'static str, fn(Db));
    let ways: [Way; 4] = [
        ("close", |db| db.close().expect("it can be closed")),
        ("drop", drop),
        ("unwind", |db| {
            let unwound = catch_unwind(AssertUnwindSafe(|| {
                let _db = db;
                resume_unwind(Box::new("somewhere else")); // as a panic, without a message
            }));
            assert!(unwound.is_err());
        }),
        ("forget", mem::forget),
    ];
    println!(
        "{:<9} {:>14} {:>14}",
        "a 1000 by", "whole process", "our directory"
    );
    for (name, end) in ways {
        let (all, own) = (whole()?, census.count()?);
        for _ in 0..1000 {
            end(Db::open(ours.path().join("db"))?);
        }
        neighbours.push(File::create(theirs.path().join(name))?); // another test does something of its own
        println!(
            "{name:<9} {:>+14} {:>+14}",
            whole()? as isize - all as isize,
            census.count()? as isize - own as isize
        );
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("counting descriptors needs Linux's /proc");
}
