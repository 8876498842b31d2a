use std::panic::{self, AssertUnwindSafe};

use listings::weak_references::{Strong, Weak, meter::held};

use crate::Mortal;

struct Node {
    me: Weak<Node>,
    name: &'static str,
    _mortal: Option<Mortal>,
}

#[test]
fn object_knows_itself() {
    let (mortal, deaths) = Mortal::new();
    let node = Strong::new_cyclic(|me| Node {
        me: me.clone(),
        name: "node",
        _mortal: Some(mortal),
    });
    assert_eq!((node.strong_count(), node.weak_count()), (1, 1));
    let found = node.me.upgrade().unwrap();
    assert!(found.ptr_eq(&node));
    assert_eq!(found.name, "node");
    drop((node, found));
    assert_eq!(deaths.count(), 1, "a weak reference to itself is no cycle");
}

#[test]
fn object_under_construction_is_not_found() {
    let node = Strong::new_cyclic(|me| {
        assert!(me.upgrade().is_none());
        assert!(me.clone().upgrade().is_none());
        assert_eq!(me.strong_count(), 0);
        Node {
            me: me.clone(),
            name: "node",
            _mortal: None,
        }
    });
    assert_eq!(node.me.strong_count(), 1);
}

#[test]
fn panic_of_the_construction_gives_the_memory_back() {
    let before = held();
    let outcome = panic::catch_unwind(AssertUnwindSafe(|| {
        Strong::new_cyclic(|_: &Weak<[u8; 1000]>| panic::resume_unwind(Box::new(())))
    }));
    assert!(outcome.is_err());
    drop(outcome);
    assert_eq!(held(), before);
}
