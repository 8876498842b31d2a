//! Stage 5: an interner. Equal values are one object, found again for as long as somebody holds it.
//!
//! Source of the idea: Go's package `unique`.

use std::{
    collections::HashMap,
    hash::{BuildHasher, Hash, Hasher, RandomState},
    ops::Deref,
    ptr,
    sync::PoisonError,
};

use super::{
    s4_counted::{Strong, Weak},
    sync::{Mutex, MutexGuard},
};

// ANCHOR: types
/// Keeps one object for all values that are equal, while somebody holds it.
pub struct Interner<T: Eq + Hash, S = RandomState> {
    table: Strong<Table<T>>,
    hasher: S,
}

/// The one object of its value. Two of the same interner are equal if they are the same object, which is one comparison
/// of addresses, however long the values.
pub struct Interned<T: Eq + Hash>(Strong<Node<T>>);

struct Table<T: Eq + Hash> {
    buckets: Mutex<Buckets<T>>,
}

/// By hash. None of these keeps a value alive.
type Buckets<T> = HashMap<u64, Vec<Weak<Node<T>>>>;

struct Node<T: Eq + Hash> {
    value: T,
    hash: u64,
    /// The node itself, to recognise its own entry by.
    me: Weak<Node<T>>,
    /// Where that entry is. No cycle: the way back is weak.
    table: Strong<Table<T>>,
}
// ANCHOR_END: types

// ANCHOR: intern
impl<T: Eq + Hash, S: BuildHasher> Interner<T, S> {
    /// The object for this value: the one that somebody holds, or else a new one.
    pub fn intern(&self, value: T) -> Interned<T> {
        // ANCHOR: solution_intern
        let hash = self.hasher.hash_one(&value);
        // Each may turn out to be the last to hold its node, whose destructor takes the lock. So the lock comes after
        // this, and goes before it: variables are dropped in reverse order, and `value` after them.
        let mut passed = Vec::new();
        let mut buckets = self.table.lock();
        let bucket = buckets.entry(hash).or_default();
        for weak in &*bucket {
            match weak.upgrade() {
                Some(node) if node.value == value => return Interned(node),
                Some(node) => passed.push(node),
                None => {} // expired, and about to take its entry out: no reason to wait for it
            }
        }
        let table = self.table.clone();
        let node = Strong::new_cyclic(|me| Node {
            value,
            hash,
            me: me.clone(),
            table,
        });
        bucket.push(node.downgrade());
        Interned(node)
        // ANCHOR_END: solution_intern
    }
}

impl<T: Eq + Hash> Drop for Node<T> {
    fn drop(&mut self) {
        // ANCHOR: solution_node_drop
        let mut buckets = self.table.lock();
        let Some(bucket) = buckets.get_mut(&self.hash) else {
            return;
        };
        // Its own entry, by identity: by now there may be another node for the same value, and that one is alive.
        bucket.retain(|weak| !weak.ptr_eq(&self.me));
        if bucket.is_empty() {
            buckets.remove(&self.hash);
        }
        // ANCHOR_END: solution_node_drop
    }
}
// ANCHOR_END: intern

impl<T: Eq + Hash> Table<T> {
    /// A panic of `T`'s `eq` under the lock leaves the buckets whole, so poison says nothing.
    fn lock(&self) -> MutexGuard<'_, Buckets<T>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Eq + Hash> Interner<T> {
    /// An interner without values.
    #[must_use]
    pub fn new() -> Self {
        Self::with_hasher(RandomState::new())
    }
}

impl<T: Eq + Hash, S> Interner<T, S> {
    /// An interner that hashes in its own way.
    pub fn with_hasher(hasher: S) -> Self {
        Self {
            table: Strong::new(Table {
                buckets: Mutex::new(HashMap::new()),
            }),
            hasher,
        }
    }

    /// How many entries there are: of values that somebody holds, or is just letting go of.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.lock().values().map(Vec::len).sum()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl<T: Eq + Hash> Default for Interner<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Eq + Hash> Deref for Interned<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0.value
    }
}

impl<T: Eq + Hash> Clone for Interned<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Eq + Hash> PartialEq for Interned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0.ptr_eq(&other.0)
    }
}

impl<T: Eq + Hash> Eq for Interned<T> {}

impl<T: Eq + Hash> Hash for Interned<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        ptr::from_ref(&**self).hash(state);
    }
}
