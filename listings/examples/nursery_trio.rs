//! The same scenarios on Trio, as recorded, and on our nursery, side by side.

#[path = "shared/nursery_scenarios.rs"]
mod scenarios;

fn main() {
    let text = include_str!("../tests/nursery/trio/recorded.txt");
    println!("  {:<36}ours", text.lines().next().unwrap_or_default());
    for ((name, theirs), (_, ours)) in scenarios::recorded(text).into_iter().zip(scenarios::all()) {
        println!(
            "{name}: {}",
            if theirs == ours {
                "the same"
            } else {
                "different"
            }
        );
        for at in 0..theirs.len().max(ours.len()) {
            let [theirs, ours] =
                [&theirs, &ours].map(|side| side.get(at).map_or("", String::as_str));
            println!("{}", format!("  {theirs:<36}{ours}").trim_end());
        }
    }
}
