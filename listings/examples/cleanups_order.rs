//! Three cleanups on one shared object: their order, a stop, and the thread they run on.

use std::{sync::Arc, thread};

use listings::cleanups::{Cleaner, Tracked};

struct Document;

impl Drop for Document {
    fn drop(&mut self) {
        println!("{}: the document is dropped", here());
    }
}

fn here() -> String {
    thread::current().name().unwrap_or("a thread").to_owned()
}

fn main() -> std::io::Result<()> {
    let cleaner = Cleaner::start()?;
    let document = Arc::new(Tracked::new(Document));
    cleaner.add_cleanup(&document, || println!("{}: index rebuilt", here()));
    Tracked::add_cleanup(&document, || println!("{}: out of the cache", here()));
    let scratch = Tracked::add_cleanup(&document, || println!("{}: scratch file removed", here()));

    println!(
        "{}: stop() is {}, then {}",
        here(),
        scratch.stop(),
        scratch.stop()
    );
    let reader = Arc::clone(&document);
    drop(document);
    let reader = thread::Builder::new()
        .name("reader".to_owned())
        .spawn(move || {
            println!("{}: lets go", here());
            drop(reader);
        })?;
    reader.join().expect("the reader does not panic");
    println!("{}: panicked cleanups: {}", here(), cleaner.finish());
    Ok(())
}
