//! Experiments: the same download over and over, one thing varied, and what comes of it.

mod experiment;

pub use experiment::{Experiment, ExperimentState, Lab, Plan, Run, Summary, Variable};
