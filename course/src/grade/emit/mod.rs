//! The result in the form a platform reads.
