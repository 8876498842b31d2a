//! Tests that need more than Rust. Without it such a test is listed as ignored, with the reason, and never as passed.
//!
//! The test functions of a module are named in its `TESTS`; the `main` of a binary hands them to [`run`].

use std::process::{Command, ExitCode};

use libtest_mimic::{Arguments, Completion, Failed, Trial};

/// A check for something that a machine may lack: `None` if it is there.
pub type Need = fn() -> Option<Missing>;

/// A reason to ignore a test.
#[derive(Debug, Clone)]
pub struct Missing {
    /// One line for people.
    pub reason: String,
    /// True if CI installs it: there, its absence is a failure.
    pub in_ci: bool,
}

/// A test function with its path.
#[derive(Debug, Clone, Copy)]
pub struct Test {
    path: &'static str,
    function: fn(),
    needs: &'static [Need],
    slow: bool,
}

/// Makes a [`Test`] of a function.
#[macro_export]
macro_rules! test {
    ($function:ident) => {
        $crate::needs::Test::new(
            concat!(module_path!(), "::", stringify!($function)),
            $function,
        )
    };
}

impl Test {
    /// A test that needs nothing.
    #[must_use]
    pub const fn new(path: &'static str, function: fn()) -> Self {
        Self {
            path,
            function,
            needs: &[],
            slow: false,
        }
    }

    /// The same test with needs.
    #[must_use]
    pub const fn needs(self, needs: &'static [Need]) -> Self {
        Self { needs, ..self }
    }

    /// The same test, run only with `--ignored`.
    #[must_use]
    pub const fn slow(self) -> Self {
        Self { slow: true, ..self }
    }

    fn trial(self) -> Trial {
        // libtest does not print the name of the binary either.
        let path = self.path.split_once("::").map_or(self.path, |it| it.1);
        let in_ci = std::env::var_os("CI").is_some();
        let trial = Trial::ignorable_test(path, move || self.complete(in_ci));
        if self.slow {
            trial.with_kind("slow").with_ignored_flag(true)
        } else {
            trial
        }
    }

    fn complete(self, in_ci: bool) -> Result<Completion, Failed> {
        match self.needs.iter().find_map(|missing| missing()) {
            Some(missing) if in_ci && missing.in_ci => {
                Err(format!("missing in CI: {}", missing.reason).into())
            }
            Some(missing) => Ok(Completion::ignored_with(missing.reason)),
            None => {
                (self.function)();
                Ok(Completion::Completed)
            }
        }
    }
}

/// Runs tests with the arguments of this process, which are those of libtest.
#[must_use]
pub fn run<'a>(tests: impl IntoIterator<Item = &'a Test>) -> ExitCode {
    let trials = tests.into_iter().map(|test| test.trial()).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A need for a program that CI installs, by its name and an argument with which it just succeeds.
#[must_use]
pub fn program(name: &str, argument: &str) -> Option<Missing> {
    let output = Command::new(name).arg(argument).output();
    let starts = output.is_ok_and(|output| output.status.success());
    (!starts).then(|| Missing {
        reason: format!("{name} is not installed"),
        in_ci: cfg!(target_os = "linux"),
    })
}

/// Prints a line if the process was started with `--nocapture`.
pub fn note(line: &str) {
    if std::env::args().any(|argument| argument == "--nocapture") {
        eprintln!("{line}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSTALLED: Need = || None;
    const FORGOTTEN: Need = || program("no-such-program", "--version");
    const REFUSED: Need = || {
        Some(Missing {
            reason: "refused".to_owned(),
            in_ci: false,
        })
    };

    fn test(needs: &'static [Need]) -> Test {
        Test::new("tests::fails", || panic!("it ran")).needs(needs)
    }

    #[test]
    fn test_without_its_needs_is_ignored_with_the_reason() {
        for (needs, why) in [
            (
                &[INSTALLED, FORGOTTEN][..],
                "no-such-program is not installed",
            ),
            (&[REFUSED], "refused"),
        ] {
            let Ok(Completion::Ignored { reason }) = test(needs).complete(false) else {
                panic!("it is not ignored: {why}");
            };
            assert_eq!(reason.as_deref(), Some(why));
        }
    }

    #[test]
    fn test_without_what_ci_installs_fails_in_ci() {
        if cfg!(target_os = "linux") {
            let failed = test(&[FORGOTTEN]).complete(true).err().unwrap();
            let message = "missing in CI: no-such-program is not installed";
            assert_eq!(failed.message(), Some(message));
        }
        assert!(test(&[REFUSED]).complete(true).is_ok());
    }

    #[test]
    #[should_panic = "it ran"]
    fn test_with_its_needs_runs() {
        let _ = test(&[INSTALLED]).complete(true);
    }
}
