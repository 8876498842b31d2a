//! A session that is shut down, one that is dropped, and one whose shutdown is cut short.

use std::time::Duration;

use listings::cleanups::Session;
use tokio::{
    io::{AsyncReadExt, duplex},
    time::timeout,
};

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> std::io::Result<()> {
    let session = |wire, name: &'static str| {
        let mut session = Session::new(wire, move |report| println!("{name}: {report}"));
        session.put("a record");
        session
    };

    let (wire, mut peer) = duplex(64);
    session(wire, "shut down").shutdown().await?;
    let mut received = String::new();
    peer.read_to_string(&mut received).await?;
    println!("shut down: the peer has {received:?}");

    let (wire, mut peer) = duplex(64);
    drop(session(wire, "dropped"));
    let mut received = String::new();
    peer.read_to_string(&mut received).await?;
    println!("dropped: the peer has {received:?}");

    let (wire, _peer) = duplex(4); // a peer that does not read, and four bytes of room
    let cut = timeout(
        Duration::from_secs(1),
        session(wire, "cut short").shutdown(),
    )
    .await;
    println!("cut short: {}", cut.expect_err("the peer does not read"));
    Ok(())
}
