//! Tests of the chapter *Weigh ten thousand generators*.
//!
//! What is weighed is weighed in a process of its own: an ignored test of this program, [`child`].

use listings::generator_memory::Counting;

#[global_allocator]
static HEAP: Counting = Counting::new();

#[cfg(target_os = "linux")]
mod bonus;
mod child;
#[cfg(target_os = "linux")]
mod core;
mod heap;
#[cfg(target_os = "linux")]
mod limits;
#[cfg(target_os = "linux")]
mod order;
mod stretch;
