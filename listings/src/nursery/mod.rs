//! Chapter *Design a nursery*: a scope whose caller chooses what a failure means, what may be cut short, and until when.
//!
//! | stage | holds |
//! |---|---|
//! | [`s1_detached`] | a shield that is none: it detaches, and nobody waits |
//! | [`s2_shield`] | what may be cut short, and when |
//! | [`s3_nursery`] | policies, panics, deadlines, grace, `start`; the file a learner writes |

pub mod s1_detached;
pub mod s2_shield;
pub mod s3_nursery;

pub use s2_shield::{Expired, shield};
pub use s3_nursery::{
    Child, Failure, Nursery, NurseryError, Options, PanicPolicy, Policy, Started, nursery,
    nursery_with,
};
