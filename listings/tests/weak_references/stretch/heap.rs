use std::cell::RefCell;

use listings::weak_references::s7_traced::{Heap, Key, Trace};

use crate::Mortal;

#[derive(Default)]
struct Node {
    to: RefCell<Vec<Key<Node>>>,
    _mortal: Option<Mortal>,
}

impl Trace for Node {
    fn references(&self, show: &mut dyn FnMut(Key<Self>)) {
        self.to.borrow().iter().copied().for_each(show);
    }
}

#[test]
fn object_that_is_held_survives() {
    let heap = Heap::default();
    let (root, key) = heap.insert(Node::default());
    assert_eq!(heap.collect(), 0);
    assert!(heap.get(key).is_some());
    drop(root);
    assert!(heap.get(key).is_some(), "nobody has collected");
    assert_eq!(heap.collect(), 1);
    assert!(heap.get(key).is_none());
}

#[test]
fn object_in_reach_survives() {
    let heap = Heap::default();
    let (_, last) = heap.insert(Node::default());
    let (_, middle) = heap.insert(Node {
        to: vec![last].into(),
        ..Node::default()
    });
    let (root, _) = heap.insert(Node {
        to: vec![middle].into(),
        ..Node::default()
    });
    assert_eq!(heap.collect(), 0);
    assert!(heap.get(last).is_some());
    root.to.borrow_mut().clear();
    assert_eq!(heap.collect(), 2);
    assert!(heap.get(last).is_none() && heap.get(middle).is_none());
}

#[test]
fn cycle_is_collected_at_once() {
    let heap = Heap::default();
    let (mortal, deaths) = Mortal::new();
    let (one, key) = heap.insert(Node {
        _mortal: Some(mortal),
        ..Node::default()
    });
    let (_, other) = heap.insert(Node {
        to: vec![key].into(),
        ..Node::default()
    });
    one.to.borrow_mut().push(other);
    assert_eq!(heap.collect(), 0);
    drop(one);
    assert_eq!((heap.collect(), deaths.count()), (2, 1));
}

#[test]
fn reference_to_a_collected_object_finds_and_keeps_no_stranger() {
    let heap = Heap::default();
    let (_, dead) = heap.insert(Node::default());
    assert_eq!(heap.collect(), 1);
    let (stranger, key) = heap.insert(Node::default());
    assert!(heap.get(dead).is_none());
    let (_holder, _) = heap.insert(Node {
        to: vec![dead].into(),
        ..Node::default()
    });
    drop(stranger);
    assert_eq!(
        heap.collect(),
        1,
        "a reference to the earlier tenant does not keep the later one"
    );
    assert!(heap.get(key).is_none());
}
