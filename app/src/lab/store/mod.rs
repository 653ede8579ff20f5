//! Experiments that the program keeps on disk.

pub mod experiment_store;
