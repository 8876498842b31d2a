//! The model of a book.

pub mod evidence;
pub mod fence;
pub mod files;
pub mod html;
pub mod ids;
pub mod includes;
pub mod nearest;
pub mod page;
pub mod problem;
pub mod project;
pub mod proposals;
pub mod regions;
pub mod session;
pub mod settings;
pub mod tags;
pub mod task;
