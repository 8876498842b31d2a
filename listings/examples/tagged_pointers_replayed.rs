//! shuttle looks for the same at random, writes down the schedule that it found, and runs it again.

use std::{
    fs, panic,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use listings::tagged_pointers::under_shuttle::{
    models::{Log, hand_out_once},
    s1_bare::Bare,
};
use shuttle::{
    Config, FailurePersistence, Runner,
    scheduler::{RandomScheduler, ReplayScheduler, Scheduler},
};

/// Runs the model until it panics; says how often it ran, what it did in the last run, and the panic's message.
fn run(scheduler: impl Scheduler + 'static, config: Config) -> (usize, Vec<String>, String) {
    let (log, runs) = (Log::default(), Arc::new(AtomicUsize::new(0)));
    let (told, counted) = (log.clone(), Arc::clone(&runs));
    let runner = Runner::new(scheduler, config);
    let panic = panic::catch_unwind(panic::AssertUnwindSafe(|| {
        runner.run(move || {
            counted.fetch_add(1, Relaxed);
            hand_out_once::<Bare<_>>(&told);
        })
    }))
    .expect_err("a ticket is handed out twice");
    let message = panic.downcast_ref::<String>().cloned().unwrap_or_default();
    (
        runs.load(Relaxed),
        log.lines(),
        message.lines().next().unwrap_or_default().to_owned(),
    )
}

fn main() -> Result<(), std::io::Error> {
    panic::set_hook(Box::new(|_| ())); // what it would say is said below
    let folder = tempfile::tempdir()?;
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::File(Some(folder.path().to_owned()));
    let (runs, lines, message) = run(RandomScheduler::new_from_seed(7, 10_000), config);
    println!("run {runs} of seed 7 goes wrong:");
    lines.iter().for_each(|line| println!("  {line}"));
    println!("{message}");

    let file = fs::read_dir(folder.path())?
        .next()
        .expect("shuttle wrote the schedule down")?
        .path();
    let schedule = fs::read_to_string(file)?;
    println!("the schedule: {}", schedule.trim());
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    let (runs, again, _) = run(ReplayScheduler::new_from_encoded(schedule.trim()), config);
    println!(
        "replayed in {runs} run, step by step the same: {}",
        again == lines
    );
    Ok(())
}
