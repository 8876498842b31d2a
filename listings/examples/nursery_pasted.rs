//! A program as the tests of this chapter print one: `tests/nursery/script.rs` makes it from a script, and plays the same.

#![allow(unused)] // what is printed for every program
use listings::{nursery::*, scope::Root, virtual_time::bubble};
use tokio::time::{Duration, sleep, timeout};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn main() {
    bubble::run(async {
        let root = Root::new();
        let outcome = nursery_with(Options::default(), &root, async |n0: &Nursery<u32>| {
            let t1 = {
                let (n0, root) = (n0.clone(), root.clone());
                |started: Started<()>| async move {
                    sleep(ms(2)).await;
                    let _ = started.ready(());
                    sleep(ms(1)).await;
                    let _ = nursery_with(
                        Options::default()
                            .policy(Policy::Collect)
                            .panics(PanicPolicy::Fail)
                            .limit(2),
                        &n0,
                        async |n2: &Nursery<u32>| {
                            let t3 = {
                                let (n2, root) = (n2.clone(), root.clone());
                                async move {
                                    sleep(ms(2)).await;
                                    Err::<(), u32>(3)
                                }
                            };
                            let _ = n2.spawn("t3", t3).await;
                            let t4 = {
                                let (n2, root) = (n2.clone(), root.clone());
                                |token: tokio_util::sync::CancellationToken| async move {
                                    let mut work = std::pin::pin!(async {
                                        sleep(ms(9)).await;
                                    });
                                    tokio::select! {
                                        biased;
                                        () = &mut work => {}
                                        () = token.cancelled() => {}
                                    }
                                    sleep(ms(3)).await;
                                    Err::<(), u32>(4)
                                }
                            };
                            let _ = n2.spawn_cooperative("t4", t4).await;
                            sleep(ms(1)).await;
                            Ok::<(), u32>(())
                        },
                    )
                    .await;
                    Ok::<(), u32>(())
                }
            };
            let _ = n0.start("t1", t1).await;
            let inner = async {
                nursery_with(Options::default(), &n0, async |n5: &Nursery<u32>| {
                    let t6 = {
                        let (n5, root) = (n5.clone(), root.clone());
                        |token: tokio_util::sync::CancellationToken| async move {
                            let mut work = std::pin::pin!(async {
                                sleep(ms(90)).await;
                            });
                            tokio::select! {
                                biased;
                                () = &mut work => {}
                                () = token.cancelled() => {}
                            }
                            sleep(ms(4)).await;
                            Err::<(), u32>(6)
                        }
                    };
                    let _ = n5.spawn_cooperative("t6", t6).await;
                    sleep(ms(90)).await;
                    n5.cancel();
                    Ok::<(), u32>(())
                })
                .await
            };
            let _ = timeout(ms(5), inner).await;
            let _ = nursery_with(
                Options::default()
                    .policy(Policy::supervise(|failed| println!("{failed:?}")))
                    .deadline(ms(20))
                    .grace(ms(5)),
                &n0,
                async |n7: &Nursery<u32>| {
                    let t8 = {
                        let (n7, root) = (n7.clone(), root.clone());
                        async move {
                            sleep(ms(3)).await;
                            Err::<(), u32>(8)
                        }
                    };
                    let _ = n7.spawn("t8", t8).await;
                    let t9 = {
                        let (n7, root) = (n7.clone(), root.clone());
                        |token: tokio_util::sync::CancellationToken| async move {
                            let mut work = std::pin::pin!(async {
                                let _ = shield(ms(30), async {
                                    sleep(ms(25)).await;
                                })
                                .await;
                            });
                            tokio::select! {
                                biased;
                                () = &mut work => {}
                                () = token.cancelled() => {}
                            }
                            sleep(ms(90)).await;
                            Ok::<(), u32>(())
                        }
                    };
                    let _ = n7.spawn_cooperative("t9", t9).await;
                    Ok::<(), u32>(())
                },
            )
            .await;
            let t10 = {
                let (n0, root) = (n0.clone(), root.clone());
                |token: tokio_util::sync::CancellationToken| async move {
                    let mut work = std::pin::pin!(async {
                        sleep(ms(90)).await;
                    });
                    tokio::select! {
                        biased;
                        () = &mut work => {}
                        () = token.cancelled() => {}
                    }
                    sleep(ms(3)).await;
                    Err::<(), u32>(10)
                }
            };
            let _ = n0.spawn_cooperative("t10", t10).await;
            let t11 = {
                let (n0, root) = (n0.clone(), root.clone());
                async move {
                    sleep(ms(20)).await;
                    root.cancel();
                    Ok::<(), u32>(())
                }
            };
            let _ = n0.spawn("t11", t11).await;
            Ok::<(), u32>(())
        })
        .await;
        println!("{outcome:?}");
        println!("{:?}", root.wait().await);
    })
    .unwrap();
}
