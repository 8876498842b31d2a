//! What a channel buys: producer and consumer each need 10 ms a value, and only a task of its own lets them overlap.
//!
//! Under a paused clock, so the times are exact.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::StreamExt;
use listings::{coroutines::task, trace::Trace};
use tokio::time::{Instant, sleep};

type Shared = Arc<Mutex<Trace>>;

async fn work(trace: &Shared, lane: &str, label: String) {
    let begin = Instant::now();
    sleep(Duration::from_millis(10)).await;
    trace
        .lock()
        .expect("nobody panics")
        .span(lane, "work", &label, begin);
}

async fn coroutine(trace: &Shared) {
    let values = async_stream::stream! {
        for n in 1..=4 {
            work(trace, "coroutine, producer", format!("make {n}")).await;
            yield n;
        }
    };
    let mut values = std::pin::pin!(values);
    while let Some(n) = values.next().await {
        work(trace, "coroutine, consumer", format!("use {n}")).await;
    }
}

async fn channel(trace: &Shared) {
    let producers = Arc::clone(trace);
    let mut values = task(1, |y| async move {
        for n in 1..=4 {
            work(&producers, "task, producer", format!("make {n}")).await;
            y.yield_(n).await;
        }
    });
    while let Some(n) = values.next().await {
        work(trace, "task, consumer", format!("use {n}")).await;
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() {
    let trace: Shared = Arc::new(Mutex::new(Trace::start()));
    futures::join!(coroutine(&trace), channel(&trace));
    trace.lock().expect("nobody panics").print();
}
