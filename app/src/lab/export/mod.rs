//! Export of experiments: every run as CSV or JSON, a plot as SVG or PNG, and a card to share.
//!
//! Only JSON can be read back: see [`read`].

mod axis;
mod canvas;
mod card;
mod class_result;
mod csv;
mod drawing;
mod json;
mod packet_plot;
mod scale;
mod vertical_axis;

pub use card::{CardText, to_card};
pub use class_result::to_class_result;
pub use csv::to_csv;
pub use drawing::{Caption, to_png, to_svg};
pub use json::{ExperimentGroup, ReadError, read, to_json};
pub use packet_plot::{
    PacketPlot, packet_curves_to_csv, packet_curves_to_png, packet_curves_to_svg,
};
pub use scale::{Scale, VerticalScale, has_bars, logarithmic_marks};

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

    /// An export is made to be shared.
    #[test]
    fn exports_have_no_secrets_of_the_link() {
        let mut experiment = experiment();
        let link = "https://TOKEN:PASSWORD@host.example/a.bin?sig=SECRET&bare";
        experiment.plan.source = link.parse().unwrap();
        let experiments = vec![Arc::new(experiment)];
        let csv = super::to_csv(&experiments);
        let json = super::to_json(&super::ExperimentGroup {
            name: String::new(),
            experiments,
        });
        for text in [csv, json.unwrap()] {
            assert!(text.contains("host.example/a.bin"), "{text}");
            for secret in ["TOKEN", "PASSWORD", "SECRET", "bare"] {
                assert!(!text.contains(secret), "{secret}: {text}");
            }
        }
    }

    /// That experiment as a list.
    pub(super) fn one() -> Vec<Arc<Experiment>> {
        vec![Arc::new(experiment())]
    }
}
