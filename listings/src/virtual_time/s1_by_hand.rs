//! Stage 1: the retry loop one writes first.

use std::time::Duration;

use tokio::time::sleep;

// ANCHOR: retry
/// Calls `op` up to five times, sleeping 100 ms after the first failure and twice as long after each further one.
///
/// # Errors
///
/// The error of the fifth attempt.
pub async fn retry<T, E, F, Fut>(mut op: F) -> Result<T, E>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, E>>,
{
    let mut delay = Duration::from_millis(100);
    let mut attempt = 1;
    loop {
        let error = match op().await {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        sleep(delay).await;
        if attempt == 5 {
            return Err(error);
        }
        attempt += 1;
        delay *= 2;
    }
}
// ANCHOR_END: retry
