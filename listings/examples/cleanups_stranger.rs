//! A number that is closed twice. The second close finds somebody else behind it.

#[cfg(unix)]
fn main() -> std::io::Result<()> {
    use std::{
        fs::File,
        io::Write,
        os::fd::{AsRawFd, IntoRawFd},
    };

    use listings::cleanups::s1_raw::RawDb;

    let folder = tempfile::tempdir()?;
    let [ours, theirs] = ["db", "invoices"].map(|name| folder.path().join(name));
    File::create(&ours)?;

    let mut db = RawDb::open(&ours)?;
    println!("db.close():          {:?}", db.close());
    let mut invoices = File::create(&theirs)?;
    println!(
        "invoices are opened: same number? {}",
        invoices.as_raw_fd() == db.number()
    );
    println!("an invoice:          {:?}", invoices.write_all(b"1\n"));
    drop(db);
    println!("db is dropped:       nothing is said");
    println!(
        "an invoice:          {:?}",
        invoices
            .write_all(b"2\n")
            .map_err(|error| error.to_string())
    );

    let _ = invoices.into_raw_fd(); // a third close would make this program abort
    Ok(())
}

#[cfg(not(unix))]
fn main() {
    println!("descriptors are Unix's: run this on Linux or macOS");
}
