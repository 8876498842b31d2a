//! loom looks for an interleaving in which the stack over a bare pointer goes wrong, and says which it found.

use std::{
    panic, process,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use listings::tagged_pointers::under_loom::{
    models::{Log, hand_out_once},
    s1_bare::Bare,
};

static EXECUTIONS: AtomicUsize = AtomicUsize::new(0); // of std, not of loom

fn main() {
    let log = Log::default();
    let told = log.clone();
    panic::set_hook(Box::new(move |panic| {
        println!("execution {} goes wrong:", EXECUTIONS.load(Relaxed));
        told.lines().iter().for_each(|line| println!("  {line}"));
        println!("{}", panic.payload_as_str().unwrap_or("a panic"));
        process::exit(0);
    }));
    loom::model(move || {
        EXECUTIONS.fetch_add(1, Relaxed);
        hand_out_once::<Bare<_>>(&log);
    });
    eprintln!("not caught in {} executions", EXECUTIONS.load(Relaxed));
    process::exit(1);
}
