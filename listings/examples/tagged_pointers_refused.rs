//! The same script on a stack whose head has a generation.

use listings::tagged_pointers::{
    Indexed,
    script::{play, print},
};

fn main() {
    print(&play::<Indexed<_>>());
}
