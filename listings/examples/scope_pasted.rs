//! A program as the tests of this chapter print one: `tests/scope/script.rs` makes it from a script, and plays the same.

use listings::{scope::*, virtual_time::bubble};
use tokio::time::{Duration, sleep, timeout};
use tokio_util::sync::CancellationToken;

fn main() {
    bubble::run(async {
        let root = Root::new();
        let outcome = scope(&root, async |s0: &Scope<u32>| {
            let t1 = {
                let s0 = s0.clone();
                async move {
                    sleep(Duration::from_millis(1)).await;
                    let _ =
                        scope_with(Options::default().limit(2), &s0, async |s2: &Scope<u32>| {
                            let t3 = async move {
                                sleep(Duration::from_millis(2)).await;
                                Ok(())
                            };
                            let _ = s0.spawn("t3", t3).await;
                            let t4 = |token: CancellationToken| async move {
                                tokio::select! {
                                    biased;
                                    () = token.cancelled() => {}
                                    () = async {
                                        sleep(Duration::from_millis(9)).await;
                                    } => {}
                                }
                                sleep(Duration::from_millis(3)).await;
                                Err::<(), _>(4)
                            };
                            let _ = s2.spawn_cooperative("t4", t4).await;
                            sleep(Duration::from_millis(1)).await;
                            Err::<(), _>(2)
                        })
                        .await;
                    sleep(Duration::from_millis(1)).await;
                    Ok(())
                }
            };
            let _ = s0.spawn("t1", t1).await;
            let inner = async {
                let _ = scope(&s0, async |s5: &Scope<u32>| {
                    let t6 = |token: CancellationToken| async move {
                        let panics = PanicsOnDrop(1006);
                        tokio::select! {
                            biased;
                            () = token.cancelled() => {}
                            () = async {
                                sleep(Duration::from_millis(90)).await;
                            } => {}
                        }
                        sleep(Duration::from_millis(4)).await;
                        std::mem::forget(panics);
                        Err::<(), _>(6)
                    };
                    let _ = s5.spawn_cooperative("t6", t6).await;
                    sleep(Duration::from_millis(90)).await;
                    s5.cancel();
                    Ok(())
                })
                .await;
            };
            let _ = timeout(Duration::from_millis(5), inner).await;
            let inner = async {
                let _ = scope(&s0, async |s7: &Scope<u32>| {
                    let t8 = |token: CancellationToken| async move {
                        tokio::select! {
                            biased;
                            () = token.cancelled() => {}
                            () = async {
                                sleep(Duration::from_millis(90)).await;
                            } => {}
                        }
                        sleep(Duration::from_millis(5)).await;
                        panics(8)
                    };
                    let _ = s7.spawn_cooperative("t8", t8).await;
                    let t9 = async move {
                        let _panics = PanicsOnDrop(1009);
                        sleep(Duration::from_millis(90)).await;
                        Ok(())
                    };
                    let _ = s7.spawn("t9", t9).await;
                    sleep(Duration::from_millis(90)).await;
                    Ok(())
                })
                .await;
            };
            let _ = timeout(Duration::from_millis(5), inner).await;
            let t10 = |token: CancellationToken| async move {
                tokio::select! {
                    biased;
                    () = token.cancelled() => {}
                    () = async {
                        sleep(Duration::from_millis(90)).await;
                    } => {}
                }
                sleep(Duration::from_millis(3)).await;
                Err::<(), _>(10)
            };
            let _ = s0.spawn_cooperative("t10", t10).await;
            let t11 = {
                let root = root.clone();
                async move {
                    sleep(Duration::from_millis(20)).await;
                    root.cancel();
                    Ok(())
                }
            };
            let _ = s0.spawn("t11", t11).await;
            Ok(())
        })
        .await;
        println!("{outcome:?}");
        println!("{:?}", root.wait().await);
    })
    .unwrap();
}

fn panics(number: u32) -> Result<(), u32> {
    std::panic::panic_any(number)
}

struct PanicsOnDrop(u32);

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            std::panic::panic_any(self.0);
        }
    }
}
