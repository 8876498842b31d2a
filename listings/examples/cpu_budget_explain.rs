//! The budget of this process, and why. Run it in a container of your own.

use listings::cpu_budget::{CpuBudget, OverrideError, Rounding, worker_threads};

fn main() -> Result<(), OverrideError> {
    // ANCHOR: main
    let budget = CpuBudget::detect();
    println!("{budget}");
    println!("rounded up:   {} workers", budget.procs(Rounding::Ceil, 1));
    println!("rounded down: {} workers", budget.procs(Rounding::Floor, 1));
    println!("started:      {} workers", worker_threads()?);
    // ANCHOR_END: main
    Ok(())
}
