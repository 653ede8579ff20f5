//! Experiments on disk.

pub mod experiment_store;
mod run_recordings;
pub mod save_slot;
