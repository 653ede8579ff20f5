//! Comparison of measured times with the predictions of the link model.
//!
//! The tolerances are those with which the model was validated against real TCP: a tenth for
//! deterministic links, more if losses are random or the connections overflow a queue together. If
//! chance alone spreads the times further, a measured median within the predicted band agrees too,
//! and so does a prediction within the range of the measured times: a handful of runs cannot refute
//! it.

use lanes_shared::link::Link;
use lanes_shared::link::limiting_factor::{LimitingFactor, limiting_factor};

use super::experiment::Experiment;
use super::prediction::Prediction;
use super::summary::Summary;

/// Differences below this are due to the machine, in seconds.
const SLACK_SECS: f64 = 0.1;

/// A value whose measured time differs from the predicted one by more than the tolerance.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Deviation {
    /// The value.
    pub value: u64,
    /// Measured median in seconds.
    pub measured_secs: f64,
    /// Predicted median in seconds.
    pub predicted_secs: f64,
    /// Tolerance of the model, as a fraction of the predicted median.
    pub tolerance: f64,
}

/// Returns whether the link itself makes times vary from run to run.
pub(crate) fn is_random(link: &Link) -> bool {
    let faults = link.stalls_per_sec() + link.resets_per_byte();
    link.loss() > 0.0 || faults > 0.0 || link.background_flows() > 0
}

/// Returns the tolerance for a file of `len` bytes, as a fraction of the predicted median.
fn tolerance(link: &Link, len: u64, connections: u16) -> f64 {
    if limiting_factor(link, len, connections.into()) == LimitingFactor::Overload {
        return 0.3;
    }
    match (is_random(link), connections) {
        (true, 1) => 0.35,
        (true, _) => 0.2,
        (false, _) => 0.1,
    }
}

/// Returns whether a measured median agrees with a prediction.
fn agrees(measured_secs: f64, prediction: &Prediction, tolerance: f64) -> bool {
    let allowed = (tolerance * prediction.median_secs).max(SLACK_SECS);
    let band = prediction.low_secs..=prediction.high_secs;
    (measured_secs - prediction.median_secs).abs() <= allowed || band.contains(&measured_secs)
}

/// Returns the values whose measured and predicted times differ by more than the tolerance. Empty
/// while the experiment runs.
pub(crate) fn deviations(experiment: &Experiment) -> Vec<Deviation> {
    if experiment.state.is_running() {
        return Vec::new();
    }
    let summaries = experiment.summaries.iter();
    summaries
        .filter_map(|summary| deviation(experiment, summary))
        .collect()
}

fn deviation(experiment: &Experiment, summary: &Summary) -> Option<Deviation> {
    let plan = &experiment.plan;
    let link = plan.link_of(summary.value)?;
    let prediction = experiment.prediction(summary.value)?;
    let len = plan.len_of(summary.value, experiment.len)?;
    let tolerance = tolerance(&link, len, plan.connections_of(summary.value));
    let measured = summary.min_secs..=summary.max_secs;
    let agrees = agrees(summary.median_secs, prediction, tolerance)
        || is_random(&link) && measured.contains(&prediction.median_secs);
    (!agrees).then_some(Deviation {
        value: summary.value,
        measured_secs: summary.median_secs,
        predicted_secs: prediction.median_secs,
        tolerance,
    })
}

#[cfg(test)]
mod tests {
    use lanes_shared::link::parse_profile;

    use super::*;

    fn prediction(value: u64, [low_secs, median_secs, high_secs]: [f64; 3]) -> Prediction {
        Prediction {
            value,
            median_secs,
            low_secs,
            high_secs,
            limit: String::new(),
        }
    }

    #[test]
    fn a_tenth_and_a_tenth_of_a_second_are_allowed() {
        let sure = prediction(1, [10.0; 3]);
        assert!(agrees(10.9, &sure, 0.1) && agrees(9.1, &sure, 0.1));
        assert!(!agrees(11.1, &sure, 0.1) && !agrees(8.9, &sure, 0.1));
        let short = prediction(1, [0.2; 3]);
        assert!(agrees(0.29, &short, 0.1) && !agrees(0.31, &short, 0.1));
        let wide = prediction(1, [5.0, 10.0, 20.0]);
        assert!(agrees(19.0, &wide, 0.35) && !agrees(21.0, &wide, 0.35));
    }

    #[test]
    fn the_tolerance_depends_on_the_link() {
        let of = |text: &str, connections| {
            let link = parse_profile(text).unwrap().validate().unwrap();
            tolerance(&link, 20_000_000, connections)
        };
        for sure in ["throttled-mirror", "long-fat-pipe", "clean-cable"] {
            assert_eq!(of(sure, 5), 0.1, "{sure}");
        }
        assert_eq!(of("lossy-transatlantic", 1), 0.35);
        assert_eq!(of("lossy-transatlantic", 20), 0.2);
        assert_eq!(of("slow-4g", 50), 0.3);
    }
}
