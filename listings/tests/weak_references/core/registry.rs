use listings::weak_references::{Owner, Registry};

use crate::Mortal;

#[test]
fn object_is_found_while_it_is_owned() {
    let registry: Registry<&str> = Registry::default();
    let one = registry.insert("one");
    let two = registry.insert("two");
    assert_eq!(registry.get(one.downgrade()).as_deref(), Some(&"one"));
    assert_eq!(registry.get(two.downgrade()).as_deref(), Some(&"two"));
    assert_eq!((*one, *two, registry.len()), ("one", "two", 2));
}

#[test]
fn object_dies_with_its_owner() {
    let registry: Registry<Mortal> = Registry::default();
    let (mortal, deaths) = Mortal::new();
    let owner = registry.insert(mortal);
    let weak = owner.downgrade();
    drop(owner);
    assert_eq!(deaths.count(), 1);
    assert!(registry.get(weak).is_none());
    assert!(registry.is_empty());
}

#[test]
fn found_object_outlives_its_owner_unfound() {
    let registry: Registry<Mortal> = Registry::default();
    let (mortal, deaths) = Mortal::new();
    let owner = registry.insert(mortal);
    let weak = owner.downgrade();
    let found = registry.get(weak).unwrap();
    drop(owner);
    assert!(registry.get(weak).is_none());
    assert_eq!(deaths.count(), 0, "`found` holds it");
    drop(found);
    assert_eq!(deaths.count(), 1);
}

#[test]
fn reference_to_an_earlier_tenant_finds_nothing() {
    let registry: Registry<u32> = Registry::default();
    let earlier: Vec<_> = (0..100)
        .map(|number| registry.insert(number).downgrade())
        .collect();
    let tenant = registry.insert(100);
    assert!(earlier.into_iter().all(|weak| registry.get(weak).is_none()));
    assert_eq!(registry.get(tenant.downgrade()).as_deref(), Some(&100));
}

#[test]
fn slots_are_as_many_as_objects_at_one_time() {
    let registry: Registry<u32> = Registry::default();
    for round in 0..1000 {
        drop((registry.insert(round), registry.insert(round)));
    }
    assert_eq!(registry.slots(), 2);
}

#[test]
fn slot_is_retired_after_its_last_generation() {
    let registry: Registry<u32, 3> = Registry::default();
    let all: Vec<_> = (0..10)
        .map(|number| registry.insert(number).downgrade())
        .collect();
    assert!(all.iter().all(|weak| registry.get(*weak).is_none()));
    let tenant = registry.insert(10);
    assert!(
        all.iter().all(|weak| registry.get(*weak).is_none()),
        "a generation came back"
    );
    assert_eq!(registry.get(tenant.downgrade()).as_deref(), Some(&10));
    assert_eq!(registry.slots(), 3, "two are retired after 4 tenants each");
}

#[test]
fn destructor_may_use_the_registry() {
    struct Nested {
        inner: Option<Owner<Nested>>,
        registry: Registry<Nested>,
    }
    impl Drop for Nested {
        fn drop(&mut self) {
            drop(self.inner.take());
            assert!(self.registry.len() <= 2); // under the lock this would wait for itself
        }
    }
    let registry = Registry::default();
    let inner = registry.insert(Nested {
        inner: None,
        registry: registry.clone(),
    });
    let outer = registry.insert(Nested {
        inner: Some(inner),
        registry: registry.clone(),
    });
    drop(outer);
    assert!(registry.is_empty());
}
