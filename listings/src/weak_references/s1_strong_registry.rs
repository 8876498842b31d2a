//! Stage 1: the original, word for word. A map from address to object, and a finalizer that removes the entry.

use std::{
    any::Any,
    collections::HashMap,
    marker::PhantomData,
    ops::Deref,
    ptr,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
};

// ANCHOR: translation
type Store = HashMap<usize, Arc<dyn Any + Send + Sync>>;

static STORE: LazyLock<Mutex<Store>> = LazyLock::new(Mutex::default);

fn store() -> MutexGuard<'static, Store> {
    STORE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An object with a finalizer: when it dies, its entry is removed from the store.
pub struct Finalized<T>(T);

impl<T> Drop for Finalized<T> {
    fn drop(&mut self) {
        let dead = store().remove(&ptr::from_ref(self).addr());
        drop(dead); // not under the lock: it may have a finalizer of its own
    }
}

/// A weak reference that is not weak.
pub struct WeakRef<T> {
    key: usize,
    object: PhantomData<fn() -> T>,
}

/// An object that weak references can be made to.
pub fn new<T>(value: T) -> Arc<Finalized<T>> {
    Arc::new(Finalized(value))
}

/// Makes a weak reference to an object, which from now on lives for ever: the store holds it.
pub fn make<T: Send + Sync + 'static>(object: &Arc<Finalized<T>>) -> WeakRef<T> {
    let key = Arc::as_ptr(object).addr();
    store().insert(key, Arc::<Finalized<T>>::clone(object));
    WeakRef {
        key,
        object: PhantomData,
    }
}

impl<T: Send + Sync + 'static> WeakRef<T> {
    /// The object, if it still lives. It always does.
    #[must_use]
    pub fn get(self) -> Option<Arc<Finalized<T>>> {
        let object = Arc::clone(store().get(&self.key)?);
        object.downcast().ok()
    }
}
// ANCHOR_END: translation

impl<T> Deref for Finalized<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Clone for WeakRef<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for WeakRef<T> {}
