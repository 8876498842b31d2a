//! What a weak reference to a dead object holds, and what that buys.

use std::sync::Arc;

use listings::weak_references::{Registry, Strong, meter::held};

const OBJECT: usize = 65_536;

#[test]
fn inline_object_stays_allocated_with_its_weak() {
    let before = held();
    let weak = Arc::downgrade(&Arc::new([0_u8; OBJECT]));
    assert_eq!(held() - before, 65_552, "the object and two counters");
    drop(weak);
    assert_eq!(held(), before);

    let weak = Strong::new([0_u8; OBJECT]).downgrade();
    assert_eq!(held() - before, 65_552);
    drop(weak);
    assert_eq!(held(), before);
}

#[test]
fn boxed_object_leaves_only_its_box_behind() {
    let before = held();
    let weak = Arc::downgrade(&Arc::new(vec![0_u8; OBJECT].into_boxed_slice()));
    assert_eq!(held() - before, 32, "a pointer, a length and two counters");
    drop(weak);
    assert_eq!(held(), before);
}

#[test]
fn registry_keeps_a_slot_only() {
    let registry: Registry<[u8; OBJECT]> = Registry::default();
    let before = held();
    let _weak = registry.insert([0; OBJECT]).downgrade();
    let kept = held() - before;
    assert!((1..1000).contains(&kept), "{kept} bytes");
}

#[test]
fn address_comes_back_without_a_weak_and_never_with_one() {
    let mut addresses = Vec::new();
    let mut came_back = 0;
    for number in 0..100_u64 {
        let address = Arc::as_ptr(&Arc::new(number)).addr();
        came_back += usize::from(addresses.contains(&address));
        addresses.push(address);
    }
    assert!(came_back > 0, "100 objects at 100 different addresses");

    let mut graves = Vec::new();
    for number in 0..100_u64 {
        let weak = Arc::downgrade(&Arc::new(number));
        assert!(!graves.iter().any(|grave| weak.ptr_eq(grave)));
        graves.push(weak);
    }
}
