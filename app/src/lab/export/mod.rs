//! Experiments as files: every single run as CSV or JSON, a picture as SVG or PNG.
//!
//! JSON is the one that is read again: see [`read`].

mod axis;
mod csv;
mod drawing;
mod json;

pub use csv::to_csv;
pub use drawing::{to_png, to_svg};
pub use json::{ExperimentGroup, ReadError, read, to_json};

/// Why an experiment could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// There is nothing to draw.
    #[error("no run ended well: there is nothing to draw")]
    NoRuns,
    /// The JSON could not be written.
    #[error("the experiment could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The picture could not be drawn.
    #[error("the plot could not be drawn: {0}")]
    Draw(String),
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::lab::analysis::experiment::{Experiment, ExperimentState};
    use crate::lab::analysis::summary::tests::run;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::plan::sweep::Sweep;
    use crate::lab::run::timed_run::Run;

    /// An experiment of four good runs and a failed one.
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

    /// It alone, as it is exported.
    pub(super) fn one() -> Vec<Arc<Experiment>> {
        vec![Arc::new(experiment())]
    }
}
