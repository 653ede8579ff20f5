//! Experiments on disk.

pub mod experiment_store;
