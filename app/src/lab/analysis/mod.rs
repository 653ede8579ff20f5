//! Experiments and the statistics of their runs: summaries, significance, predictions of the link
//! model, and the limit that the measured times point to.
//!
//! This room computes; the sentences about its results are in [`report`](super::report).

pub mod cross_experiment;
pub(crate) mod empirical_limit;
pub(crate) mod experiment;
pub(crate) mod http3_series;
pub(crate) mod model_fit;
pub mod packet_curves;
pub mod packet_positions;
pub(crate) mod prediction;
pub(crate) mod significance;
pub mod simulated_run;
pub mod statistics;
pub(crate) mod summary;
