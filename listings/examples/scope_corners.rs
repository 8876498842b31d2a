//! The three corners: the same sum of word lengths in each.

use std::{cell::Cell, sync::Arc};

use listings::scope::{Root, ScopeError, Stopped, local_scope, scope};

const TEXT: &str = "nothing outlives its scope";

// ANCHOR: threads
fn on_threads() -> usize {
    let words: Vec<&str> = TEXT.split(' ').collect();
    // Borrows, in parallel; the calling thread is blocked until all have ended.
    std::thread::scope(|s| {
        let children: Vec<_> = words.iter().map(|word| s.spawn(|| word.len())).collect();
        children
            .into_iter()
            .map(|child| child.join().expect("no child panics"))
            .sum()
    })
}
// ANCHOR_END: threads

fn on_threads_of_crossbeam() -> usize {
    let words: Vec<&str> = TEXT.split(' ').collect();
    // The elder: children get the scope, so that they can spawn; a panic comes back as an error.
    let sum = crossbeam::thread::scope(|s| {
        let children: Vec<_> = words.iter().map(|word| s.spawn(|_| word.len())).collect();
        children
            .into_iter()
            .map(|child| child.join().expect("no child panics"))
            .sum()
    });
    sum.expect("no child panics")
}

// ANCHOR: local
async fn in_one_task() -> Result<usize, Stopped> {
    let (words, sum) = (TEXT.split(' ').collect::<Vec<&str>>(), Cell::new(0));
    // Borrows, concurrently; a `Cell` is enough, because no two children run at once.
    local_scope(async |s| {
        for word in &words {
            s.spawn(async {
                sum.set(sum.get() + word.len());
                Ok(())
            });
        }
        Ok(())
    })
    .await?;
    Ok(sum.get())
}
// ANCHOR_END: local

// ANCHOR: tasks
async fn in_tasks() -> Result<usize, Stopped> {
    let words: Arc<[&str]> = TEXT.split(' ').collect();
    // Owns, in parallel; the calling task waits and its thread does not.
    let root = Root::new();
    let sum = scope(&root, async |s| {
        let mut children = Vec::new();
        for at in 0..words.len() {
            let words = Arc::clone(&words);
            children.push(
                s.spawn("length", async move { Ok(words[at].len()) })
                    .await?,
            );
        }
        let mut sum = 0;
        for child in children {
            sum += child.await?;
        }
        Ok(sum)
    });
    sum.await.map_err(|_: ScopeError<Stopped>| Stopped::NoValue)
}
// ANCHOR_END: tasks

#[tokio::main]
async fn main() -> Result<(), Stopped> {
    println!("threads:           {}", on_threads());
    println!("crossbeam threads: {}", on_threads_of_crossbeam());
    println!("local scope:       {}", in_one_task().await?);
    println!("task scope:        {}", in_tasks().await?);
    Ok(())
}
