//! The timeline of the script under `Policy::Supervise`, with a handler that marks what it hears.

#[path = "shared/nursery_timeline.rs"]
mod timeline;

use std::sync::Arc;

use listings::{
    nursery::{Options, Policy},
    virtual_time::bubble,
};

fn main() -> Result<(), bubble::BubbleError> {
    timeline::draw(|trace| {
        let trace = Arc::clone(trace);
        Options::default().policy(Policy::supervise(move |failed| {
            timeline::mark(
                &trace,
                "handler",
                "error",
                &format!("hears of {}", failed.task),
            );
        }))
    })
}
