//! Stage 3: slots instead of addresses. A slot counts its tenants, and a reference says which of them it means.
//!
//! Source of the idea: the `slotmap` crate.

use std::{
    marker::PhantomData,
    ops::Deref,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

// ANCHOR: slots
/// Objects by slot and generation.
///
/// `LAST` is the last generation of a slot. A slot that has reached it is retired: were it to start again from 0, a
/// reference of that age would find a stranger.
pub struct Registry<T, const LAST: u32 = { u32::MAX }> {
    slots: Arc<Mutex<Slots<T>>>,
}

struct Slots<T> {
    slots: Vec<Slot<T>>,
    /// Empty slots that are not retired.
    free: Vec<usize>,
}

struct Slot<T> {
    /// How many objects have left this slot.
    generation: u32,
    object: Option<Arc<T>>,
}

/// Finds an object of a [`Registry`], and nothing but that object.
pub struct WeakRef<T> {
    index: usize,
    generation: u32,
    object: PhantomData<fn() -> T>,
}
// ANCHOR_END: slots

// ANCHOR: registry
/// Owns an object of a [`Registry`]. When it is dropped, no weak reference finds the object any more.
pub struct Owner<T, const LAST: u32 = { u32::MAX }> {
    object: Arc<T>,
    weak: WeakRef<T>,
    registry: Registry<T, LAST>,
}

impl<T, const LAST: u32> Registry<T, LAST> {
    /// Takes an object in.
    pub fn insert(&self, value: T) -> Owner<T, LAST> {
        // ANCHOR: solution_registry_insert
        let object = Arc::new(value);
        let mut slots = self.lock();
        let index = slots.free.pop().unwrap_or_else(|| {
            slots.slots.push(Slot {
                generation: 0,
                object: None,
            });
            slots.slots.len() - 1
        });
        let slot = &mut slots.slots[index];
        slot.object = Some(Arc::clone(&object));
        let weak = WeakRef {
            index,
            generation: slot.generation,
            object: PhantomData,
        };
        drop(slots);
        Owner {
            object,
            weak,
            registry: self.clone(),
        }
        // ANCHOR_END: solution_registry_insert
    }

    /// The object, unless its owner has gone. What is returned keeps it alive, but no longer findable than its owner.
    ///
    /// A reference of another registry may find an object of this one: it is a pair of numbers.
    #[must_use]
    pub fn get(&self, weak: WeakRef<T>) -> Option<Arc<T>> {
        // ANCHOR: solution_registry_get
        let slots = self.lock();
        let slot = slots.slots.get(weak.index)?;
        if slot.generation == weak.generation {
            slot.object.clone()
        } else {
            None
        }
        // ANCHOR_END: solution_registry_get
    }

    /// How many objects are in.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock()
            .slots
            .iter()
            .filter(|slot| slot.object.is_some())
            .count()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many slots there are: at most as many as there were objects at one time, and the retired ones.
    #[must_use]
    pub fn slots(&self) -> usize {
        self.lock().slots.len()
    }

    fn remove(&self, weak: WeakRef<T>) {
        // ANCHOR: solution_registry_remove
        let mut slots = self.lock();
        let slot = &mut slots.slots[weak.index];
        slot.object = None; // not the last `Arc`: its owner, who calls this, holds another
        if slot.generation < LAST {
            slot.generation += 1;
            slots.free.push(weak.index);
        }
        // ANCHOR_END: solution_registry_remove
    }

    fn lock(&self) -> MutexGuard<'_, Slots<T>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T, const LAST: u32> Owner<T, LAST> {
    /// A reference that does not keep the object alive.
    #[must_use]
    pub const fn downgrade(&self) -> WeakRef<T> {
        self.weak
    }
}

impl<T, const LAST: u32> Drop for Owner<T, LAST> {
    fn drop(&mut self) {
        // ANCHOR: solution_owner_drop
        self.registry.remove(self.weak);
        // ANCHOR_END: solution_owner_drop
    }
}
// ANCHOR_END: registry

impl<T, const LAST: u32> Default for Registry<T, LAST> {
    fn default() -> Self {
        Self {
            slots: Arc::new(Mutex::new(Slots {
                slots: Vec::new(),
                free: Vec::new(),
            })),
        }
    }
}

impl<T, const LAST: u32> Clone for Registry<T, LAST> {
    fn clone(&self) -> Self {
        Self {
            slots: Arc::clone(&self.slots),
        }
    }
}

impl<T, const LAST: u32> Deref for Owner<T, LAST> {
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
