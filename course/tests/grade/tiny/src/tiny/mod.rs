//! Adding up.

pub mod more;
pub mod sum;
