//! Plans of experiments: the file, the swept parameter and its values, and the amount of data
//! that running them transfers.

pub mod data_usage;
pub(crate) mod experiment_plan;
pub mod starter_experiment;
pub(crate) mod sweep;
