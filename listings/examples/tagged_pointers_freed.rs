//! A stack with a generation whose nodes are freed as soon as they are popped. This is undefined behaviour, and runs
//! only under Miri, which says so:
//!
//! ```console
//! cargo +nightly miri run -p listings --example tagged_pointers_freed
//! ```

use std::{ptr, sync::atomic::AtomicPtr, sync::atomic::Ordering, thread};

use listings::tagged_pointers::{TaggedPointer, Wide};

// ANCHOR: freed
struct Node {
    next: AtomicPtr<Node>,
}

fn push(head: &Wide<Node>) {
    let node = Box::into_raw(Box::new(Node {
        next: AtomicPtr::new(ptr::null_mut()),
    }));
    loop {
        let top = head.load();
        // SAFETY: the node is ours until it is in the stack.
        unsafe { &*node }.next.store(top.0, Ordering::Relaxed); // Relaxed: published by `cas`
        if head.cas(top, node) {
            return;
        }
    }
}

fn pop(head: &Wide<Node>) {
    loop {
        let top = head.load();
        // SAFETY: none, this is the mistake: between the load and here, another thread may pop and free the node.
        let Some(node) = (unsafe { top.0.as_ref() }) else {
            return;
        };
        let next = node.next.load(Ordering::Relaxed); // Relaxed: as in the chapter's stack
        if head.cas(top, next) {
            // SAFETY: we took it out. That nobody else looks at it any more is what is not so.
            drop(unsafe { Box::from_raw(top.0) });
            return;
        }
    }
}
// ANCHOR_END: freed

fn main() {
    if !cfg!(miri) {
        println!("this is undefined behaviour: run it under Miri");
        return;
    }
    let head = Wide::new(&[]);
    (0..4).for_each(|_| push(&head));
    thread::scope(|scope| {
        scope.spawn(|| (0..2).for_each(|_| pop(&head)));
        (0..2).for_each(|_| pop(&head));
    });
}
