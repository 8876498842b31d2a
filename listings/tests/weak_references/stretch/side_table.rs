use std::sync::Arc;

use listings::weak_references::SideTable;

#[test]
fn value_is_attached_to_one_object() {
    let (one, equal) = (Arc::new(1), Arc::new(1));
    let mut table = SideTable::default();
    assert_eq!(table.insert(&one, "one"), None);
    assert_eq!(table.get(&Arc::clone(&one)), Some(&"one"));
    assert_eq!(table.get(&equal), None, "equal is not the same");
    assert_eq!(table.insert(&one, "again"), Some("one"));
    assert_eq!(table.len(), 1);
}

#[test]
fn table_keeps_no_object_alive() {
    let (mortal, deaths) = crate::Mortal::new();
    let object = Arc::new(mortal);
    let mut table = SideTable::default();
    table.insert(&object, ());
    drop(object);
    assert_eq!(deaths.count(), 1);
}

#[test]
fn newcomer_never_finds_the_value_of_a_dead_object() {
    let mut table = SideTable::default();
    for number in 0..1000 {
        let object = Arc::new(number);
        assert_eq!(table.get(&object), None);
        table.insert(&object, number);
    }
    assert_eq!(
        table.len(),
        1000,
        "every one of them is dead, and keeps its address"
    );
    assert_eq!(table.remove_expired(), 1000);
    assert!(table.is_empty());
}

#[test]
fn live_objects_keep_their_values() {
    let objects: Vec<_> = (0..10).map(Arc::new).collect();
    let mut table = SideTable::default();
    for object in &objects {
        table.insert(object, **object);
        table.insert(&Arc::new(0), 0);
    }
    assert_eq!(table.remove_expired(), 10);
    assert!(
        objects
            .iter()
            .all(|object| table.get(object) == Some(&**object))
    );
}
