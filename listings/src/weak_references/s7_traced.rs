//! Stage 7: what counting cannot do. A heap that finds out who is alive by following the references of those who are.
//!
//! Mark and sweep, single-threaded and stopped while it collects: the least that Go's collector does.

use std::{cell::RefCell, marker::PhantomData, rc::Rc};

// ANCHOR: traced
/// Objects that may refer to each other in any shape.
pub struct Heap<T> {
    slots: RefCell<Vec<Slot<T>>>,
}

struct Slot<T> {
    generation: u64,
    object: Option<Rc<T>>,
}

/// A reference to an object of a [`Heap`]. From outside it is a weak one. Inside another object, which
/// [shows](Trace::references) it, it keeps what it refers to alive.
pub struct Key<T> {
    index: usize,
    generation: u64,
    object: PhantomData<fn() -> T>,
}

/// What a collector has to know of an object: the references in it.
pub trait Trace: Sized {
    /// Shows every reference in this object. One that is left out is a weak one.
    fn references(&self, show: &mut dyn FnMut(Key<Self>));
}

impl<T: Trace> Heap<T> {
    /// Puts an object on the heap.
    ///
    /// It lives as long as somebody outside holds the `Rc`, or [`collect`](Heap::collect) is not called.
    pub fn insert(&self, value: T) -> (Rc<T>, Key<T>) {
        // ANCHOR: solution_heap_insert
        let object = Rc::new(value);
        let mut slots = self.slots.borrow_mut();
        let index = slots
            .iter()
            .position(|slot| slot.object.is_none())
            .unwrap_or_else(|| {
                slots.push(Slot {
                    generation: 0,
                    object: None,
                });
                slots.len() - 1
            });
        slots[index].object = Some(Rc::clone(&object));
        (
            object,
            Key {
                index,
                generation: slots[index].generation,
                object: PhantomData,
            },
        )
        // ANCHOR_END: solution_heap_insert
    }

    /// The object, unless it has been collected.
    #[must_use]
    pub fn get(&self, key: Key<T>) -> Option<Rc<T>> {
        // ANCHOR: solution_heap_get
        let slots = self.slots.borrow();
        let slot = slots.get(key.index)?;
        if slot.generation == key.generation {
            slot.object.clone()
        } else {
            None
        }
        // ANCHOR_END: solution_heap_get
    }

    /// Drops all objects that cannot be reached, and returns how many those were.
    pub fn collect(&self) -> usize {
        // ANCHOR: solution_collect
        // The roots: what somebody outside holds.
        let held = |slot: &Slot<T>| {
            slot.object
                .as_ref()
                .is_some_and(|object| Rc::strong_count(object) > 1)
        };
        let mut alive: Vec<bool> = self.slots.borrow().iter().map(held).collect();
        // Mark: what can be reached from something alive is alive.
        let mut to_visit: Vec<usize> = (0..alive.len()).filter(|index| alive[*index]).collect();
        while let Some(index) = to_visit.pop() {
            let slots = self.slots.borrow();
            let Some(object) = &slots[index].object else {
                continue;
            };
            object.references(&mut |key| {
                if slots[key.index].generation == key.generation && !alive[key.index] {
                    alive[key.index] = true;
                    to_visit.push(key.index);
                }
            });
        }
        // Sweep: every reference to the others finds nothing from here on, in one step for all of them.
        let mut dead = Vec::new();
        for (slot, alive) in self.slots.borrow_mut().iter_mut().zip(alive) {
            if !alive && let Some(object) = slot.object.take() {
                slot.generation += 1;
                dead.push(object);
            }
        }
        dead.len() // their destructors run here, and may use the heap
        // ANCHOR_END: solution_collect
    }
}
// ANCHOR_END: traced

impl<T> Default for Heap<T> {
    fn default() -> Self {
        Self {
            slots: RefCell::new(Vec::new()),
        }
    }
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Key<T> {}
