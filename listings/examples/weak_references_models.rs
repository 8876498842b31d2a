//! loom goes through every interleaving of the counted rung and of the interner.

use listings::weak_references::under_loom::models::MODELS;

fn main() {
    println!(
        "{:<38} {:>10} {:>8} {:>8}",
        "what races", "executions", "found", "lost"
    );
    let mut total = 0;
    for (races, model) in MODELS {
        let [executions, found, lost] = model();
        total += executions;
        // A model without an upgrade that may fail notes neither.
        let told = |count: usize| {
            if found + lost == 0 {
                String::from("-")
            } else {
                count.to_string()
            }
        };
        println!(
            "{races:<38} {executions:>10} {:>8} {:>8}",
            told(found),
            told(lost)
        );
    }
    println!("{:<38} {total:>10}", "all");
}
