//! A device without room, and a close that fails. Who hears of it?

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    use std::{
        fs::File,
        io::{self, BufWriter, Write},
        os::fd::OwnedFd,
    };

    use listings::cleanups::{Close, Db};

    let mut writer = BufWriter::new(File::options().write(true).open("/dev/full")?);
    println!(
        "BufWriter::write_all: {:?}",
        writer.write_all(b"a record\n")
    );
    drop(writer);
    println!("BufWriter, dropped:   nothing is said");

    let mut db = Db::open("/dev/full")?;
    db.put("a record");
    println!("Db::close:            {}", db.close().expect_err("no room"));

    let mut db = Db::open("/dev/full")?.on_lost(|error| println!("Db, dropped:          {error}"));
    db.put("a record");
    drop(db);

    /// Closes, and reports what Linux reports when a network file system could not store what was written earlier.
    struct Late;
    impl Close for Late {
        fn close(&mut self, fd: OwnedFd) -> io::Result<()> {
            drop(fd);
            Err(io::Error::from_raw_os_error(5))
        }
    }
    let db = Db::open_with("/dev/null", Late)?;
    println!(
        "Db::close, injected:  {}",
        db.close().expect_err("injected")
    );
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("/dev/full is Linux's");
}
