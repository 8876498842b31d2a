//! Random scripts: this chapter's references beside std's, its registry, interner and heap beside plain models.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use listings::weak_references::{
    Interner, Registry, SideTable, Strong, WeakRef,
    s7_traced::{Heap, Key, Trace},
};
use proptest::prelude::*;

use crate::Mortal;

#[derive(Debug, Clone, Copy)]
enum Step {
    Clone,
    Downgrade,
    Upgrade,
    CloneWeak,
    DropStrong,
    DropWeak,
}

fn step() -> impl Strategy<Value = (Step, prop::sample::Index)> {
    use Step::{Clone, CloneWeak, Downgrade, DropStrong, DropWeak, Upgrade};
    (
        prop::sample::select(vec![
            Clone, Downgrade, Upgrade, CloneWeak, DropStrong, DropWeak,
        ]),
        any::<prop::sample::Index>(),
    )
}

proptest! {
    #[test]
    fn counted_does_what_std_does(script in prop::collection::vec(step(), 0..60)) {
        let (own, own_deaths) = Mortal::new();
        let (std, std_deaths) = Mortal::new();
        let (mut strongs, mut std_strongs) = (vec![Strong::new(own)], vec![Arc::new(std)]);
        let (mut weaks, mut std_weaks) = (vec![strongs[0].downgrade()], vec![Arc::downgrade(&std_strongs[0])]);
        for (step, index) in script {
            let strong = (!strongs.is_empty()).then(|| index.index(strongs.len()));
            let weak = (!weaks.is_empty()).then(|| index.index(weaks.len()));
            match (step, strong, weak) {
                (Step::Clone, Some(at), _) => {
                    strongs.push(strongs[at].clone());
                    std_strongs.push(Arc::clone(&std_strongs[at]));
                }
                (Step::Downgrade, Some(at), _) => {
                    weaks.push(strongs[at].downgrade());
                    std_weaks.push(Arc::downgrade(&std_strongs[at]));
                }
                (Step::DropStrong, Some(at), _) => drop((strongs.swap_remove(at), std_strongs.swap_remove(at))),
                (Step::Upgrade, _, Some(at)) => {
                    let (found, std_found) = (weaks[at].upgrade(), std_weaks[at].upgrade());
                    prop_assert_eq!(found.is_some(), std_found.is_some());
                    strongs.extend(found);
                    std_strongs.extend(std_found);
                }
                (Step::CloneWeak, _, Some(at)) => {
                    weaks.push(weaks[at].clone());
                    std_weaks.push(std_weaks[at].clone());
                }
                (Step::DropWeak, _, Some(at)) => drop((weaks.swap_remove(at), std_weaks.swap_remove(at))),
                _ => {}
            }
            prop_assert_eq!(own_deaths.count(), std_deaths.count());
            if let (Some(own), Some(std)) = (strongs.first(), std_strongs.first()) {
                prop_assert_eq!(own.strong_count(), Arc::strong_count(std));
                prop_assert_eq!(own.weak_count(), Arc::weak_count(std));
            }
        }
        drop((strongs, weaks));
        prop_assert_eq!(own_deaths.count(), 1);
    }

    #[test]
    fn registry_finds_exactly_the_owned(script in prop::collection::vec((any::<bool>(), any::<prop::sample::Index>()), 0..80)) {
        let registry: Registry<usize, 2> = Registry::default(); // slots retire after three tenants
        let mut owned = BTreeMap::new();
        let mut references: Vec<WeakRef<usize>> = Vec::new();
        for (insert, index) in script {
            if insert {
                let number = references.len();
                let owner = registry.insert(number);
                references.push(owner.downgrade());
                owned.insert(number, owner);
            } else if !owned.is_empty() {
                let number = *owned.keys().nth(index.index(owned.len())).unwrap();
                owned.remove(&number);
            }
            for (number, weak) in references.iter().enumerate() {
                let found = registry.get(*weak).map(|found| *found);
                prop_assert_eq!(found, owned.contains_key(&number).then_some(number));
            }
            prop_assert_eq!(registry.len(), owned.len());
        }
    }

    #[test]
    fn interner_keeps_one_object_a_value(script in prop::collection::vec((any::<bool>(), 0..5_u8, any::<prop::sample::Index>()), 0..60)) {
        let interner = Interner::new();
        let mut held = Vec::new();
        for (intern, value, index) in script {
            if intern {
                held.push(interner.intern(value));
            } else if !held.is_empty() {
                held.swap_remove(index.index(held.len()));
            }
            for one in &held {
                for other in &held {
                    prop_assert_eq!(one == other, **one == **other);
                }
            }
            let values: BTreeSet<u8> = held.iter().map(|one| **one).collect();
            prop_assert_eq!(interner.len(), values.len());
        }
    }

    #[test]
    fn side_table_holds_what_was_attached_to_the_living(keep in prop::collection::vec(any::<bool>(), 0..40)) {
        let mut table = SideTable::default();
        let mut living = Vec::new();
        for (number, keep) in keep.iter().enumerate() {
            let object = Arc::new(number);
            prop_assert_eq!(table.insert(&object, number), None);
            living.extend(keep.then_some(object));
        }
        prop_assert_eq!(table.remove_expired(), keep.len() - living.len());
        prop_assert_eq!(table.len(), living.len());
        for object in &living {
            prop_assert_eq!(table.get(object), Some(&**object));
        }
    }

    #[test]
    fn heap_keeps_exactly_what_can_be_reached(
        edges in prop::collection::vec((0..12_usize, 0..12_usize), 0..30),
        roots in prop::collection::btree_set(0..12_usize, 0..4),
    ) {
        struct Node(std::cell::RefCell<Vec<Key<Node>>>);
        impl Trace for Node {
            fn references(&self, show: &mut dyn FnMut(Key<Self>)) {
                self.0.borrow().iter().copied().for_each(show);
            }
        }
        let heap = Heap::default();
        let nodes: Vec<_> = (0..12).map(|_| heap.insert(Node(std::cell::RefCell::default()))).collect();
        for (from, to) in &edges {
            nodes[*from].0.0.borrow_mut().push(nodes[*to].1);
        }
        let keys: Vec<_> = nodes.iter().map(|(_, key)| *key).collect();
        let held: Vec<_> = roots.iter().map(|root| std::rc::Rc::clone(&nodes[*root].0)).collect();
        drop(nodes);
        // Reachable by the plainest means: follow every edge as often as there are nodes.
        let mut reachable = roots.clone();
        for _ in 0..12 {
            reachable.extend(edges.iter().filter(|(from, _)| reachable.contains(from)).map(|(_, to)| *to).collect::<Vec<_>>());
        }
        prop_assert_eq!(heap.collect(), 12 - reachable.len());
        for (number, key) in keys.iter().enumerate() {
            prop_assert_eq!(heap.get(*key).is_some(), reachable.contains(&number));
        }
        drop(held);
    }
}
