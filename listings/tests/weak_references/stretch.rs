//! Weak keys, and a heap that is traced.

mod heap;
mod side_table;
