//! Stage 6: weak references as the keys of a map, which attaches values to objects that belong to somebody else.

use std::{
    collections::HashMap,
    hash::{Hash, Hasher},
    sync::{Arc, Weak},
};

// ANCHOR: key
/// Who an object is, alive or dead. Unlike its address this cannot come to mean another object.
struct Identity<K>(Weak<K>);

impl<K> Identity<K> {
    fn of(object: &Arc<K>) -> Self {
        // ANCHOR: solution_identity_of
        Self(Arc::downgrade(object))
        // ANCHOR_END: solution_identity_of
    }

    fn is_dead(&self) -> bool {
        // ANCHOR: solution_identity_is_dead
        self.0.strong_count() == 0
        // ANCHOR_END: solution_identity_is_dead
    }
}

impl<K> PartialEq for Identity<K> {
    fn eq(&self, other: &Self) -> bool {
        // ANCHOR: solution_identity_eq
        self.0.ptr_eq(&other.0)
        // ANCHOR_END: solution_identity_eq
    }
}

impl<K> Eq for Identity<K> {}

impl<K> Hash for Identity<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // ANCHOR: solution_identity_hash
        self.0.as_ptr().hash(state);
        // ANCHOR_END: solution_identity_hash
    }
}
// ANCHOR_END: key

// ANCHOR: table
/// Values attached to objects from outside. It keeps no object alive.
///
/// The value of a dead object stays, and so does the object's memory, until [`remove_expired`](SideTable::remove_expired).
///
/// ```
/// use std::sync::Arc;
/// use listings::weak_references::SideTable;
///
/// let connection = Arc::new("a connection");
/// let mut opened_by = SideTable::default();
/// opened_by.insert(&connection, "the test");
/// assert_eq!(opened_by.get(&connection), Some(&"the test"));
///
/// drop(connection);
/// assert_eq!(opened_by.remove_expired(), 1);
/// ```
pub struct SideTable<K, V> {
    entries: HashMap<Identity<K>, V>,
}

impl<K, V> SideTable<K, V> {
    /// Attaches a value to an object, and returns the one that was there.
    pub fn insert(&mut self, object: &Arc<K>, value: V) -> Option<V> {
        // ANCHOR: solution_side_table_insert
        self.entries.insert(Identity::of(object), value)
        // ANCHOR_END: solution_side_table_insert
    }

    /// The value attached to this object.
    #[must_use]
    pub fn get(&self, object: &Arc<K>) -> Option<&V> {
        // ANCHOR: solution_side_table_get
        self.entries.get(&Identity::of(object))
        // ANCHOR_END: solution_side_table_get
    }

    /// Removes the values of dead objects, and returns how many there were.
    pub fn remove_expired(&mut self) -> usize {
        // ANCHOR: solution_remove_expired
        let before = self.entries.len();
        self.entries.retain(|key, _| !key.is_dead());
        before - self.entries.len()
        // ANCHOR_END: solution_remove_expired
    }

    /// How many values there are, those of dead objects included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}
// ANCHOR_END: table

impl<K, V> Default for SideTable<K, V> {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
        }
    }
}
