//! Export of experiments: every run as CSV or JSON, a plot as SVG or PNG.
//!
//! Only JSON can be read back: see [`read`].

mod axis;
mod csv;
mod drawing;
mod json;

pub use csv::to_csv;
pub use drawing::{to_png, to_svg};
pub use json::{ExperimentGroup, ReadError, read, to_json};

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// No run was successful.
    #[error("no successful run to draw")]
    NoRuns,
    /// The experiment could not be serialised.
    #[error("cannot write the experiment as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The drawing library failed, for the reason given.
    #[error("cannot draw the plot: {0}")]
    Draw(String),
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::lab::analysis::experiment::Experiment;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::plan::sweep::Sweep;
    use crate::lab::run::experiment_state::ExperimentState;
    use crate::lab::run::timed_run::Run;
    use crate::lab::run::timed_run::tests::run;

    /// An experiment with four good runs and a failed one.
    pub(super) fn experiment() -> Experiment {
        let mut experiment = Experiment::new(plan(Sweep::Connections(vec![1, 10])));
        for (value, seconds) in [(10, 1.5), (1, 8.25), (1, 9.0), (10, 1.25)] {
            experiment.push(run(value, seconds));
        }
        let error = Some("no answer, \"gone\"".to_owned());
        experiment.push(Run {
            error,
            ..run(10, 3.0)
        });
        experiment.state = ExperimentState::Finished;
        experiment
    }

    /// That experiment as a list.
    pub(super) fn one() -> Vec<Arc<Experiment>> {
        vec![Arc::new(experiment())]
    }
}
