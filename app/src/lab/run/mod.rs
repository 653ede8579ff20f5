//! Single runs: the loop that carries them out in random order, and the record of each one.

pub(crate) mod random;
pub mod run_order;
pub(crate) mod runner;
pub(crate) mod timed_run;
pub mod trace;
