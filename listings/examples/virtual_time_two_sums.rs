//! Two loops under two tests: which test tells them apart?

use listings::virtual_time::{bubble, retry_with_backoff, s1_by_hand};
use tokio::time::Duration;
use tokio_util::sync::CancellationToken;

fn main() -> Result<(), bubble::BubbleError> {
    println!("the operation fails   loop by hand   final loop");
    for (failures, words) in [(2, "twice"), (5, "five times")] {
        let by_hand = bubble::run(async {
            let _ = s1_by_hand::retry(failing(failures)).await;
            bubble::now()
        })?;
        let between = bubble::run(async {
            let _ = retry_with_backoff(&CancellationToken::new(), failing(failures)).await;
            bubble::now()
        })?;
        println!("{words:<22}{:<15}{}", ms(by_hand), ms(between));
    }
    Ok(())
}

/// An operation that fails so many times, then succeeds.
fn failing(failures: u32) -> impl FnMut() -> std::future::Ready<Result<u32, u32>> {
    let mut attempt = 0;
    move || {
        attempt += 1;
        std::future::ready(if attempt > failures {
            Ok(attempt)
        } else {
            Err(attempt)
        })
    }
}

fn ms(elapsed: Duration) -> String {
    format!("{} ms", elapsed.as_millis())
}
