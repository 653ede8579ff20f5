//! Experiments and the statistics of their runs: summaries, predictions of the link model, and
//! the limit that the measured times point to.

pub mod cross_experiment;
pub(crate) mod empirical_limit;
pub(crate) mod experiment;
pub(crate) mod model_fit;
pub(crate) mod prediction;
pub mod statistics;
pub(crate) mod summary;
