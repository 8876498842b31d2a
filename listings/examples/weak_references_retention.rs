//! What stays on the heap of an object of 64 KiB that is dead, while somebody still has a weak reference to it.

use std::sync::Arc;

use listings::weak_references::{
    Registry, Strong,
    meter::{Meter, held},
    s1_strong_registry,
};

#[global_allocator]
static METER: Meter = Meter;

const OBJECT: usize = 65_536;

fn main() {
    // What does not belong to one object is there before: the store of stage 1, and the first slots of stage 3.
    let _ = s1_strong_registry::make(&s1_strong_registry::new(0_u8));
    let registry: Registry<[u8; OBJECT]> = Registry::default();
    drop(registry.insert([0; OBJECT]));

    row("strong registry", || {
        s1_strong_registry::make(&s1_strong_registry::new([0_u8; OBJECT]))
    });
    row("generations", || registry.insert([0; OBJECT]).downgrade());
    row("Strong<[u8; 65536]>", || {
        Strong::new([0_u8; OBJECT]).downgrade()
    });
    row("Arc<[u8; 65536]>", || {
        Arc::downgrade(&Arc::new([0_u8; OBJECT]))
    });
    row("Arc<[u8]>", || {
        Arc::downgrade(&Arc::<[u8]>::from(vec![0; OBJECT]))
    });
    row("Arc<Box<[u8]>>", || {
        Arc::downgrade(&Arc::new(vec![0_u8; OBJECT].into_boxed_slice()))
    });
}

fn row<W>(name: &str, reference_to_the_dead: impl FnOnce() -> W) {
    let before = held();
    let weak = reference_to_the_dead();
    println!("{name:<22} {:>6} bytes", held() - before);
    drop(weak);
}
