//! Likely meanings of a misspelt word.

/// The three words most like the one given, best first.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut scored: Vec<_> = known
        .into_iter()
        .map(|known| (likeness(word, known), known))
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.into_iter().take(3).map(|(_, known)| known).collect()
}

/// The words of [`nearest`] that share at least 70 % of their letters with the one given.
#[must_use]
pub fn near<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let alike = |known: &&str| likeness(word, known) >= 0.7;
    nearest(word, known)
        .into_iter()
        .filter(alike)
        .map(str::to_owned)
        .collect()
}

/// The nearest words as help: `the nearest are a, b, c`, or what to say when there are none.
#[must_use]
pub fn or_nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>, none: &str) -> String {
    match nearest(word, known)[..] {
        [] => none.to_owned(),
        [one] => format!("there is only {one}"),
        ref several => format!("the nearest are {}", several.join(", ")),
    }
}

/// The likeness of two words, from 0 to 1: the share of their letters that are in both, in the same order.
fn likeness(a: &str, b: &str) -> f64 {
    let b: Vec<char> = b.chars().collect();
    // The length of the longest common subsequence of what was read of `a` and each beginning of `b`.
    let mut common = vec![0; b.len() + 1];
    let mut letters = b.len();
    for of_a in a.chars() {
        letters += 1;
        let mut diagonal = 0;
        for (at, of_b) in b.iter().enumerate() {
            let above = common[at + 1];
            common[at + 1] = if of_a == *of_b {
                diagonal + 1
            } else {
                above.max(common[at])
            };
            diagonal = above;
        }
    }
    2.0 * common[b.len()] as f64 / letters.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_words_come_first_and_are_three_at_most() {
        let known = ["task", "claims", "tusk", "seal", "tasks"];
        assert_eq!(nearest("task", known), ["task", "tasks", "tusk"]);
        assert_eq!(or_nearest("x", [], "there are none"), "there are none");
        assert_eq!(or_nearest("x", ["seal"], ""), "there is only seal");
        assert_eq!(near("task", known), ["task", "tasks", "tusk"]);
        assert_eq!(near("seals", known), ["seal"]);
    }
}
