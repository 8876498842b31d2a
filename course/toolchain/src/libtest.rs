//! Output of test programs that libtest drives, rustdoc's among them.

/// A line about one test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The test's path; for a listing, its file and line.
    pub name: &'a str,
    /// The words after its name: `ok`, `FAILED`, `ignored`, or the first words that the test prints itself.
    pub verdict: &'a str,
}

impl Line<'_> {
    /// True if the test passed.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.verdict == "ok"
    }

    /// True if the test failed, and the program went on.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.verdict.starts_with("FAILED")
    }
}

/// The lines about single tests.
pub fn lines(output: &str) -> impl Iterator<Item = Line<'_>> {
    output.lines().filter_map(line)
}

/// Reads `test NAME ... VERDICT`.
#[must_use]
pub fn line(line: &str) -> Option<Line<'_>> {
    let (name, verdict) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let name = name.trim_end_matches(" - should panic");
    Some(Line { name, verdict })
}

/// The output of failing tests, by name: the sections after the list of tests.
pub fn details(output: &str) -> impl Iterator<Item = (&str, &str)> {
    let sections = output.split("\n---- ").skip(1);
    sections.filter_map(|section| {
        let (name, detail) = section.split_once(" stdout ----\n")?;
        let detail = detail.split("\nfailures:\n").next().unwrap_or_default();
        Some((name, detail.trim()))
    })
}

/// The tests that a program lists with `--list`.
pub fn listed(output: &str) -> impl Iterator<Item = &str> {
    output
        .lines()
        .filter_map(|line| line.strip_suffix(": test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_has_the_name_without_marks_and_the_verdict() {
        let output = "\nrunning 3 tests\ntest a::b ... ok\ntest a::c - should panic ... FAILED\ntest d ... mine\n\n\
                      test result: FAILED. 1 passed\n";
        let found: Vec<_> = lines(output)
            .map(|it| (it.name, it.passed(), it.failed()))
            .collect();
        assert_eq!(
            found,
            [
                ("a::b", true, false),
                ("a::c", false, true),
                ("d", false, false)
            ]
        );
        let failures = "\nfailures:\n\n---- d stdout ----\nboom\n\n---- e stdout ----\nbang\n\n\nfailures:\n    d\n";
        let found: Vec<_> = details(failures).collect();
        assert_eq!(found, [("d", "boom"), ("e", "bang")]);
        assert_eq!(
            listed("a::b: test\nx: benchmark\n").collect::<Vec<_>>(),
            ["a::b"]
        );
    }
}
