//! Chapter *A scope nothing outlives*: a scope for tasks, what it promises, and the two scopes that promise other things.
//!
//! | | children borrow | run in parallel | who waits |
//! |---|---|---|---|
//! | [`std::thread::scope`] | yes | yes | a thread, blocked |
//! | [`local_scope`] | yes | no | the task |
//! | [`scope()`] | no | yes | the task |
//!
//! | stage | holds |
//! |---|---|
//! | [`s1_translation`] | `errgroup` word for word, with the holes of the original |
//! | [`s2_drained`] | every way out leads through the wait |
//! | [`s3_scope`] | the scope: limit, names, typed results, all failures; the file a learner writes |
//! | [`s4_local`] | the scope whose children borrow |

pub mod s1_translation;
pub mod s2_drained;
pub mod s3_scope;
pub mod s4_local;

pub use s3_scope::{
    Child, Failed, Options, Orphan, Parent, Root, Scope, ScopeError, Stopped, What, scope,
    scope_with,
};
pub use s4_local::{LocalScope, local_scope};
