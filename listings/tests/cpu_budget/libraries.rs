//! What the page says of tokio and rayon: how many workers they start by themselves, and which variables they heed.

use std::{env, panic, process::Command, thread};

use listings::cpu_budget::{rayon_pool, tokio_runtime};

const CHILD: &str = "CPU_BUDGET_CHILD";

/// Runs one test of this program again, in a process of its own with other variables, and returns what it prints after
/// `workers: `.
fn in_a_child(test: &str, variables: &[(&str, &str)]) -> String {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env_remove("TOKIO_WORKER_THREADS")
        .env_remove("RAYON_NUM_THREADS")
        .envs(variables.iter().copied())
        .env(CHILD, "1")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .find_map(|line| {
            line.split_once("workers: ")
                .map(|(_, found)| found.to_owned())
        })
        .unwrap_or_else(|| {
            panic!(
                "{test} said nothing: {text}{}",
                String::from_utf8_lossy(&output.stderr)
            )
        })
}

fn is_child() -> bool {
    env::var_os(CHILD).is_some()
}

/// Prints for the parent: the number, or that asking for it panicked.
fn tell(count: impl FnOnce() -> usize + panic::UnwindSafe) {
    let told = panic::catch_unwind(count).map_or("panic".to_owned(), |count| count.to_string());
    println!("\nworkers: {told}");
}

fn parallelism() -> String {
    thread::available_parallelism().unwrap().to_string()
}

#[test]
fn tokio_starts_what_std_sees_or_its_variable_says() {
    const NAME: &str = "libraries::tokio_starts_what_std_sees_or_its_variable_says";
    if is_child() {
        return tell(|| {
            tokio::runtime::Runtime::new()
                .unwrap()
                .metrics()
                .num_workers()
        });
    }
    assert_eq!(in_a_child(NAME, &[]), parallelism());
    assert_eq!(in_a_child(NAME, &[("TOKIO_WORKER_THREADS", "5")]), "5");
}

#[test]
fn tokio_panics_where_its_variable_is_no_number() {
    const NAME: &str = "libraries::tokio_panics_where_its_variable_is_no_number";
    if is_child() {
        return tell(|| {
            tokio::runtime::Runtime::new()
                .unwrap()
                .metrics()
                .num_workers()
        });
    }
    assert_eq!(
        in_a_child(NAME, &[("TOKIO_WORKER_THREADS", "abc")]),
        "panic"
    );
    assert_eq!(in_a_child(NAME, &[("TOKIO_WORKER_THREADS", "0")]), "panic");
}

#[test]
fn rayon_starts_what_std_sees_or_its_variable_says() {
    const NAME: &str = "libraries::rayon_starts_what_std_sees_or_its_variable_says";
    if is_child() {
        return tell(rayon::current_num_threads);
    }
    assert_eq!(in_a_child(NAME, &[]), parallelism());
    assert_eq!(in_a_child(NAME, &[("RAYON_NUM_THREADS", "5")]), "5");
}

#[test]
fn rayon_ignores_its_variable_where_it_is_no_number() {
    const NAME: &str = "libraries::rayon_ignores_its_variable_where_it_is_no_number";
    if is_child() {
        return tell(rayon::current_num_threads);
    }
    assert_eq!(
        in_a_child(NAME, &[("RAYON_NUM_THREADS", "abc")]),
        parallelism()
    );
    assert_eq!(
        in_a_child(NAME, &[("RAYON_NUM_THREADS", "0")]),
        parallelism()
    );
}

#[test]
fn builders_win_over_the_libraries_variables() {
    const NAME: &str = "libraries::builders_win_over_the_libraries_variables";
    if is_child() {
        let three = 3.try_into().unwrap();
        return tell(move || {
            let rayon = rayon_pool(three).unwrap().current_num_threads();
            tokio_runtime(three).unwrap().metrics().num_workers() * 10 + rayon
        });
    }
    assert_eq!(
        in_a_child(
            NAME,
            &[("TOKIO_WORKER_THREADS", "5"), ("RAYON_NUM_THREADS", "6")]
        ),
        "33"
    );
}
