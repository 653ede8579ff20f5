//! Experiments: the same download over and over, one thing varied, and what comes of it.
//!
//! 1. [`order`] says in which order the values are run: chance spreads what else happens on the
//!    machine and the network evenly over them.
//! 2. `schedule` makes the runs. It is given what carries out a run, so that it is tested without
//!    a network.
//! 3. [`statistics`] and `summary` say what the runs amount to, [`warnings`] what to doubt,
//!    `verdict` puts it into words, and [`conclusion`] says besides which limit binds and what would
//!    help instead of more connections.
//! 4. `foresight` asks the model of the link meanwhile, [`limit`] says which limit binds, and
//!    `agreement` whether the model was right.
//! 5. [`export`] writes all of it as CSV, JSON and SVG.

pub mod analysis;
pub mod export;
mod lab_thread;
pub mod plan;
mod prediction_task;
pub mod report;
pub mod run;
pub mod store;

/// The numbers of connections that are compared where none are named.
pub const COUNTS: [u16; 5] = [1, 5, 10, 20, 50];

pub use analysis::experiment::{Experiment, ExperimentState};
pub use analysis::prediction::Prediction;
pub use analysis::summary::Summary;
pub use lab_thread::{Lab, MAX_SIDE_BY_SIDE};
pub use plan::experiment_plan::Plan;
pub use plan::sweep::Sweep;
pub use run::timed_run::{Run, TRACED_ROUNDS};
pub use run::trace::Trace;
