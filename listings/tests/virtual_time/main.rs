//! Tests of the chapter `virtual-time`. A module is a group of the exercise, or tests what the page says.

mod bonus;
mod bubble;
mod core;
mod differential;
mod plain;
mod properties;
mod stages;
mod stretch;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// Milliseconds.
fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// An operation that fails a number of times, with the number of the attempt as its error, and remembers when it was
/// called, in the bubble's time.
#[derive(Clone, Default)]
struct Script {
    failures: usize,
    calls: Arc<Mutex<Vec<Duration>>>,
}

impl Script {
    fn failing(failures: usize) -> Self {
        Self {
            failures,
            ..Self::default()
        }
    }

    fn always_failing() -> Self {
        Self::failing(usize::MAX)
    }

    async fn call(self) -> Result<&'static str, usize> {
        let attempt = {
            let mut calls = self.calls.lock().unwrap();
            calls.push(listings::virtual_time::bubble::now());
            calls.len()
        };
        if attempt > self.failures {
            Ok("done")
        } else {
            Err(attempt)
        }
    }

    /// The operation: each call is one attempt.
    fn op(&self) -> impl FnMut() -> OpFuture + Send + use<> {
        let script = self.clone();
        move || Box::pin(script.clone().call())
    }

    fn attempts(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    fn times(&self) -> Vec<Duration> {
        self.calls.lock().unwrap().clone()
    }
}

type OpFuture = std::pin::Pin<Box<dyn Future<Output = Result<&'static str, usize>> + Send>>;
