//! Stage 2: the hook moves from the object to its owner, and the object dies. Its address does not.

use std::{
    collections::HashMap,
    marker::PhantomData,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

// ANCHOR: registry
/// Objects by their address.
pub struct Registry<T> {
    objects: Arc<Mutex<HashMap<usize, Arc<T>>>>,
}

/// Owns an object of a [`Registry`]. When it is dropped, no weak reference is to find the object any more.
pub struct Owner<T> {
    object: Arc<T>,
    registry: Registry<T>,
}

/// Finds an object of a [`Registry`], or whatever lies at its address by now.
pub struct WeakRef<T> {
    address: usize,
    object: PhantomData<fn() -> T>,
}

impl<T> Registry<T> {
    /// Takes an object in.
    pub fn insert(&self, value: T) -> Owner<T> {
        let object = Arc::new(value);
        self.lock()
            .insert(Arc::as_ptr(&object).addr(), Arc::clone(&object));
        Owner {
            object,
            registry: self.clone(),
        }
    }

    /// The object, unless its owner has gone. What is returned keeps it alive, but no longer findable than its owner.
    #[must_use]
    pub fn get(&self, weak: WeakRef<T>) -> Option<Arc<T>> {
        self.lock().get(&weak.address).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<usize, Arc<T>>> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Owner<T> {
    /// A reference that does not keep the object alive.
    #[must_use]
    pub fn downgrade(&self) -> WeakRef<T> {
        WeakRef {
            address: Arc::as_ptr(&self.object).addr(),
            object: PhantomData,
        }
    }
}

impl<T> Drop for Owner<T> {
    fn drop(&mut self) {
        // Not the last `Arc` to it, which is `self.object`: the object's destructor does not run under the lock.
        self.registry
            .lock()
            .remove(&Arc::as_ptr(&self.object).addr());
    }
}
// ANCHOR_END: registry

impl<T> Default for Registry<T> {
    fn default() -> Self {
        Self {
            objects: Arc::default(),
        }
    }
}

impl<T> Clone for Registry<T> {
    fn clone(&self) -> Self {
        Self {
            objects: Arc::clone(&self.objects),
        }
    }
}

impl<T> Deref for Owner<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.object
    }
}

impl<T> Clone for WeakRef<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for WeakRef<T> {}
