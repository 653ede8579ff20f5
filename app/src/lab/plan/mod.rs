//! Plans of experiments: the file, the swept parameter with its values, and the amount of data that
//! the runs transfer.

pub mod data_usage;
pub(crate) mod experiment_plan;
pub(crate) mod http_runs;
pub(crate) mod limits;
pub(crate) mod plan_error;
pub mod starter_experiment;
pub(crate) mod sweep;
