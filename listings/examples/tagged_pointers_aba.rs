//! The script of this chapter on a stack whose head is a bare pointer.

use listings::tagged_pointers::{
    Bare,
    script::{play, print},
};

fn main() {
    print(&play::<Bare<_>>());
}
