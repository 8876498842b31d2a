//! The timeline of the script under `Policy::Collect`.

#[path = "shared/nursery_timeline.rs"]
mod timeline;

use listings::{
    nursery::{Options, Policy},
    virtual_time::bubble,
};

fn main() -> Result<(), bubble::BubbleError> {
    timeline::draw(|_| Options::default().policy(Policy::Collect))
}
