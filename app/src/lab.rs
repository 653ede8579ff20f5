//! Experiments: the same download many times, with one parameter swept, and the analysis of the runs.
//!
//! The rooms, each using only those above it:
//!
//! 1. [`plan`]: the file, the swept parameter and its values.
//! 2. [`run`]: carries out single runs in random order, so that other load on the machine and the
//!    network affects all values alike, and records each. The function that carries out a run is
//!    passed in, so that tests need no network.
//! 3. [`analysis`]: summaries, their significance, predictions of the link model.
//! 4. [`report`]: verdict, conclusion and warnings as text.
//! 5. [`export`]: CSV, JSON, SVG and PNG.
//! 6. [`store`]: experiments on disk.
//! 7. [`race`]: one file over two numbers of connections at once, to be watched.
//!
//! [`Lab`] ties them together: it runs plans on a thread and publishes the experiments.

pub mod analysis;
pub mod export;
mod http3_run;
mod lab_thread;
pub mod plan;
mod prediction_task;
pub mod race;
pub mod report;
pub mod run;
pub mod store;
#[cfg(test)]
mod tests;

pub use analysis::experiment::Experiment;
pub use analysis::http3_series::Http3Series;
pub use analysis::prediction::Prediction;
pub use analysis::summary::Summary;
pub use lab_thread::{Lab, LabError};
pub use plan::experiment_plan::Plan;
pub use plan::http_runs::{Http3Choice, HttpRuns};
pub use plan::limits::MAX_SIDE_BY_SIDE;
pub use plan::plan_error::PlanError;
pub use plan::sweep::Sweep;
pub use run::experiment_state::ExperimentState;
pub use run::timed_run::{HTTP3_VALUE, Run, TRACED_ROUNDS};
pub use run::trace::Trace;

/// Default numbers of connections of an experiment.
pub const COUNTS: [u16; 5] = [1, 5, 10, 20, 50];
