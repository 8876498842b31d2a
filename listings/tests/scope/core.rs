use listings::scope::{Root, Stopped, scope};

#[tokio::test]
async fn x() {
    let root = Root::new();
    let out = tokio::spawn(async move {
        scope(&root, async |s| {
            let t = s.clone();
            let a = s
                .spawn("a", async move { scope(&t, async |u| u.spawn("b", async { Ok::<_, Stopped>(1) }).await?.await).await.map_err(|_| Stopped::NoValue) })
                .await?;
            a.await
        })
        .await
    });
    assert_eq!(out.await.unwrap().unwrap(), 1);
}
