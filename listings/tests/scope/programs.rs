//! Random programs, held against a law. The chapter on nurseries uses this, too.

use std::fmt::{Debug, Display};

use proptest::{
    strategy::Strategy,
    test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner},
};

/// A program that can be made smaller, and printed as Rust that a reader can paste.
pub trait Program: Clone + Debug + Display {
    /// Every program that is this one with one thing taken out.
    fn smaller(&self) -> Vec<Self>;

    /// The smallest program in reach that still fails: nothing can be taken out of it.
    fn shrunk(self, fails: impl Fn(&Self) -> bool) -> Self {
        let mut program = self;
        while let Some(smaller) = program.smaller().into_iter().find(&fails) {
            program = smaller;
        }
        program
    }
}

/// Holds random programs against a law; the first that fails is shrunk, and printed.
///
/// They are the same every time, or those of the seed in the variable that proptest reads, too.
pub fn for_all<P: Program>(
    cases: u32,
    programs: impl Strategy<Value = P>,
    law: impl Fn(&P) -> Result<(), String>,
) -> Result<(), String> {
    let config = Config {
        cases,
        failure_persistence: None,
        max_shrink_iters: 0,
        ..Config::default()
    };
    // Shrunk by `Program::shrunk`, which stops where nothing can be taken out.
    let mut runner = match std::env::var("PROPTEST_RNG_SEED") {
        Ok(seed) => {
            println!("seed {seed}"); // shown if the test fails
            TestRunner::new(config)
        }
        Err(_) => {
            TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
        }
    };
    let outcome = runner.run(&programs, |program| {
        law(&program).map_err(TestCaseError::fail)
    });
    outcome.map_err(|error| match error {
        TestError::Fail(_, program) => {
            let program = program.shrunk(|program| law(program).is_err());
            let why = law(&program).expect_err("it has just failed");
            format!("{why}, in this program:\n\n{program}")
        }
        TestError::Abort(why) => why.to_string(),
    })
}

/// A program without what a formatter decides.
pub fn tokens(program: &str) -> String {
    program
        .chars()
        .filter(|c| !c.is_whitespace() && *c != ',')
        .collect()
}
