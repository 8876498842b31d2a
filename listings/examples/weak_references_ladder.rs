//! Five questions to every rung.

use listings::weak_references::ladder::{
    ByAddress, Counted, Generations, QUESTIONS, Rung, Std, StrongRegistry, Traced, answers,
};

fn main() {
    let columns = [
        column::<StrongRegistry>(),
        column::<ByAddress>(),
        column::<Generations>(),
        column::<Counted>(),
        column::<Std>(),
        column::<Traced>(),
    ];
    let names = columns.map(|(name, _)| name);
    println!("{:<40}  {}", "", names.join("  "));
    for (row, question) in QUESTIONS.iter().enumerate() {
        let cells = columns.map(|(name, answers)| {
            format!(
                "{:<width$}",
                if answers[row] { "yes" } else { "no" },
                width = name.len()
            )
        });
        println!("{question:<40}  {}", cells.join("  ").trim_end());
    }
}

fn column<R: Rung>() -> (&'static str, [bool; 5]) {
    (R::NAME, answers::<R>())
}
