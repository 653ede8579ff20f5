//! Runs: the loop that carries them out in random order, and the record that each one leaves.

pub(crate) mod experiment_state;
pub mod machine;
pub(crate) mod random;
pub(crate) mod run_order;
pub(crate) mod runner;
pub(crate) mod timed_run;
pub mod trace;
