//! Warnings about results that are not reliable.

use super::{format, label};
use lanes_engine::one_line;
use lanes_shared::link::{Congestion, LinkProfile};

use crate::lab::analysis::experiment::Experiment;
use crate::lab::analysis::model_fit::{deviations, is_random};
use crate::lab::analysis::statistics::outliers;
use crate::lab::analysis::summary::Summary;
use crate::lab::run::experiment_state::ExperimentState;
use crate::lab::run::timed_run::UNRELIABLE_LATENESS_US;

/// Spread above which a warning appears, as a fraction of the median.
const WIDE_SPREAD: f64 = 0.5;
/// Distance from the median above which an outlier is reported, as a fraction of the median.
const MIN_OUTLIER_DISTANCE: f64 = 0.25;
/// Number of runs of a value below which a warning appears.
const MIN_RUNS: usize = 3;

/// Returns one sentence for each reason to doubt the figures: outliers, wide spreads, failed runs, a
/// link that lagged or deviated from its model, and too few runs.
pub fn warnings(experiment: &Experiment) -> Vec<String> {
    let summaries = &experiment.summaries;
    let mut warnings: Vec<String> = summaries
        .iter()
        .filter_map(|summary| spread(experiment, summary))
        .collect();
    let failed = experiment.runs.iter().filter(|run| !run.is_good()).count();
    let mut latest_first = experiment.runs.iter().rev();
    if let Some(error) = latest_first.find_map(|run| run.error.as_ref()) {
        let total = experiment.runs.len();
        warnings.push(format!(
            "{failed} of {total} runs failed and are left out; the last error: {}",
            one_line(error)
        ));
    }
    let http3 = &experiment.http3.runs;
    if let Some(error) = http3.iter().rev().find_map(|run| run.error.as_ref()) {
        let (failed, total) = (
            http3.iter().filter(|run| !run.is_good()).count(),
            http3.len(),
        );
        warnings.push(format!(
            "{failed} of {total} runs over HTTP/3 failed and are left out; the last error: {}",
            one_line(error)
        ));
    }
    warnings.extend(lateness(experiment));
    warnings.extend(notice(experiment));
    warnings.extend(model_deviation(experiment));
    let is_finished = experiment.state == ExperimentState::Finished;
    if is_finished && summaries.iter().any(|summary| summary.runs < MIN_RUNS) {
        warnings.push(format!(
            "Fewer than {MIN_RUNS} runs for some values: run more to see the spread."
        ));
    }
    warnings
}

/// Warns if the emulated link lagged behind its schedule.
fn lateness(experiment: &Experiment) -> Option<String> {
    let lateness = experiment.runs.iter().filter_map(|run| run.lateness_p99_us);
    let (late, worst) = lateness
        .filter(|micros| *micros > UNRELIABLE_LATENESS_US)
        .fold((0, 0), |(count, worst), micros| {
            (count + 1, micros.max(worst))
        });
    (late > 0).then(|| {
        let total = experiment.runs.len();
        format!(
            "{late} of {total} runs are unreliable: this computer was too busy to emulate the link on \
             time (up to {} ms late). Run again when it is idle.",
            worst.div_ceil(1000)
        )
    })
}

/// Reports a notice about an HTTP server, for instance that it serves the file over one connection
/// only, so that more connections were not compared at all.
fn notice(experiment: &Experiment) -> Option<String> {
    if !experiment.plan.is_http() {
        return None;
    }
    let notices = experiment.runs.iter().filter_map(|run| run.notices.first());
    let count = notices.clone().count();
    let total = experiment.runs.len();
    let first = notices.clone().next()?;
    Some(format!("In {count} of {total} runs: {first}."))
}

/// Warns if measured and predicted times differ by more than the tolerance of the model.
fn model_deviation(experiment: &Experiment) -> Option<String> {
    let sweep = &experiment.plan.sweep;
    let deviations: Vec<String> = deviations(experiment)
        .iter()
        .map(|deviation| {
            format!(
                "{}: {} measured, {} predicted (±{:.0} %)",
                label::value(sweep, deviation.value),
                format::time(deviation.measured_secs),
                format::time(deviation.predicted_secs),
                deviation.tolerance * 100.0
            )
        })
        .collect();
    (!deviations.is_empty()).then(|| {
        format!(
            "Measured and predicted times disagree more than the model's error allows, by {}: {}. {}",
            sweep.label(),
            deviations.join("; "),
            match &experiment.plan.expected_path {
                Some(path) => causes_on_a_real_path(path),
                None => lateness_as_cause(experiment),
            }
        )
    })
}

/// Lists what explains that times over a real path differ from those that its profile foretells.
fn causes_on_a_real_path(path: &LinkProfile) -> String {
    let name = path.congestion.unwrap_or_default();
    let name = Congestion::ALL.iter().find(|(_, other)| *other == name);
    let assumed = name.map_or("cubic", |(name, _)| name);
    format!(
        "Possible reasons: the server sends with another congestion control than {assumed}; another rate, \
         round trip, buffer or loss than in the profile; a limit of the server or the client; other traffic \
         on the path."
    )
}

/// States whether the lateness of the emulated link explains a deviation from the model.
fn lateness_as_cause(experiment: &Experiment) -> String {
    let lateness = experiment.runs.iter().filter_map(|run| run.lateness_p99_us);
    match lateness.max() {
        Some(worst) if worst > UNRELIABLE_LATENESS_US => format!(
            "The emulated link lagged by up to {}: the machine was too busy.",
            format::time(worst as f64 / 1e6)
        ),
        Some(worst) => format!(
            "The emulated link lagged by at most {}, which does not explain the difference.",
            format::time(worst as f64 / 1e6)
        ),
        None => "The server did not report the lag of the emulated link.".to_owned(),
    }
}

/// Warns about outliers among the runs of one value, or else about a wide spread.
fn spread(experiment: &Experiment, summary: &Summary) -> Option<String> {
    // Spread is expected on a link with random losses.
    let link = experiment.plan.link_of(summary.value);
    if link.as_ref().is_some_and(is_random) {
        return None;
    }
    let seconds = experiment.seconds_of(summary.value);
    let value = label::with_unit(&experiment.plan.sweep, summary.value);
    let median = summary.median_secs;
    let mut outliers = outliers(&seconds);
    // An outlier among runs that are close together may be close to them in absolute terms.
    outliers.retain(|seconds| (seconds - median).abs() > MIN_OUTLIER_DISTANCE * median);
    let is_wide = summary.max_secs - summary.min_secs > WIDE_SPREAD * median;
    if !outliers.is_empty() {
        let times: Vec<String> = outliers.iter().copied().map(format::time).collect();
        let runs = match outliers.len() {
            1 => "one run is an outlier".to_owned(),
            count => format!("{count} runs are outliers"),
        };
        return Some(format!(
            "With {value}, {runs} ({}; median {}): another program may have used the machine or \
             the network.",
            times.join(", "),
            format::time(median)
        ));
    }
    (is_wide && seconds.len() >= MIN_RUNS).then(|| {
        format!(
            "With {value}, the times spread widely ({}): repeat with more runs on a less busy \
             machine or network.",
            format::time_range(summary.min_secs, summary.max_secs)
        )
    })
}

#[cfg(test)]
mod tests {
    use lanes_shared::link::parse_profile;

    use super::*;
    use crate::lab::analysis::prediction::Prediction;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::plan::sweep::Sweep;
    use crate::lab::run::timed_run::Run;
    use crate::lab::run::timed_run::tests::run;

    fn warnings_of(runs: &[Run]) -> Vec<String> {
        let mut experiment = Experiment::new(plan(Sweep::Connections(vec![1, 5])));
        for run in runs {
            experiment.push(run.clone());
        }
        experiment.state = ExperimentState::Finished;
        warnings(&experiment)
    }

    fn runs(value: u64, seconds: &[f64]) -> Vec<Run> {
        seconds.iter().map(|seconds| run(value, *seconds)).collect()
    }

    #[test]
    fn consistent_runs_cause_no_warning() {
        assert_eq!(warnings_of(&runs(1, &[1.0, 1.1, 1.05])), [""; 0]);
        let close = [1.0, 1.001, 1.002, 0.999, 1.1];
        assert_eq!(
            warnings_of(&runs(1, &close)),
            [""; 0],
            "an outlier, but close"
        );
    }

    #[test]
    fn an_outlier_causes_a_warning() {
        let found = warnings_of(&runs(5, &[1.0, 1.1, 0.9, 1.05, 5.0]));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("With 5 connections, one run is an outlier"),
            "{found:?}"
        );
        assert!(found[0].contains("5.00 s; median 1.05 s"), "{found:?}");
    }

    #[test]
    fn a_wide_spread_causes_a_warning() {
        let found = warnings_of(&runs(1, &[1.0, 1.4, 1.9]));
        assert!(found[0].contains("1.00–1.90 s"), "{found:?}");
    }

    #[test]
    fn the_spread_of_a_lossy_link_causes_no_warning() {
        let mut experiment = Experiment::new(plan(Sweep::Connections(vec![1, 5])));
        experiment.plan.link = parse_profile("lossy-transatlantic").ok();
        for run in runs(1, &[1.0, 1.4, 1.9]) {
            experiment.push(run);
        }
        assert_eq!(warnings(&experiment), [""; 0]);
    }

    #[test]
    fn a_link_that_lagged_causes_a_warning() {
        let mut all = runs(1, &[1.0, 1.0, 1.0]);
        all[0].lateness_p99_us = Some(UNRELIABLE_LATENESS_US);
        assert_eq!(warnings_of(&all), [""; 0]);
        all[2].lateness_p99_us = Some(12_300);
        let found = warnings_of(&all);
        assert!(
            found[0].contains("1 of 3") && found[0].contains("13 ms"),
            "{found:?}"
        );
    }

    #[test]
    fn notices_about_an_http_server_are_reported() {
        let mut all = runs(1, &[1.0, 1.0, 1.0]);
        all[1].notices = vec!["One connection is used".to_owned()];
        assert_eq!(warnings_of(&all), [""; 0]);
        let mut experiment = Experiment::new(plan(Sweep::Connections(vec![1])));
        experiment.plan.source = "http://server.example/f".parse().unwrap();
        experiment.extend(all);
        assert_eq!(
            warnings(&experiment),
            ["In 1 of 3 runs: One connection is used."]
        );
    }

    #[test]
    fn failures_and_few_runs_are_counted() {
        let mut runs = runs(1, &[1.0, 1.0]);
        runs.push(Run {
            error: Some("gone".to_owned()),
            ..run(1, 1.0)
        });
        let found = warnings_of(&runs);
        assert!(found[0].contains("1 of 3 runs failed") && found[0].contains("gone"));
        assert!(found[1].contains("Fewer than 3"), "{found:?}");
    }

    fn over_a_link(seconds: f64, lateness_p99_us: Option<u64>) -> Experiment {
        let mut experiment = Experiment::new(plan(Sweep::Connections(vec![1, 5])));
        experiment.plan.link = parse_profile("throttled-mirror").ok();
        let prediction = |value, secs| Prediction {
            value,
            median_secs: secs,
            low_secs: secs,
            high_secs: secs,
            limit: String::new(),
        };
        experiment.predictions = vec![prediction(1, 4.0), prediction(5, 0.9)];
        for (value, seconds) in [(1, 4.1), (5, seconds)] {
            experiment.push(Run {
                lateness_p99_us,
                ..run(value, seconds)
            });
        }
        experiment
    }

    #[test]
    fn a_deviation_over_a_real_path_names_another_congestion_control() {
        for (toml, law) in [("", "cubic"), ("congestion = \"bbr\"", "bbr")] {
            let mut apart = over_a_link(1.4, None);
            apart.plan.link = None;
            apart.plan.expected_path =
                parse_profile(&format!("rate_mbit = 50\nrtt_ms = 40\n{toml}")).ok();
            apart.state = ExperimentState::Finished;
            let text = model_deviation(&apart).unwrap();
            assert!(
                text.contains("measured") && text.contains("predicted"),
                "{text}"
            );
            assert!(
                text.contains(&format!("another congestion control than {law}")),
                "{text}"
            );
        }
    }

    #[test]
    fn a_deviation_from_the_model_is_reported_with_the_lateness_at_the_end() {
        let mut apart = over_a_link(1.4, Some(3100));
        assert_eq!(model_deviation(&apart), None, "more runs will follow");
        apart.state = ExperimentState::Finished;
        let text = model_deviation(&apart).unwrap();
        assert!(
            text.contains("by connections: 5: 1.40 s measured, 900 ms predicted (±10 %). "),
            "{text}"
        );
        assert!(text.contains("at most 3.10 ms"), "{text}");
        for (late, part) in [
            (Some(12_300), "12.3 ms: the machine was"),
            (None, "did not report"),
        ] {
            let mut apart = over_a_link(1.4, late);
            apart.state = ExperimentState::Finished;
            let text = model_deviation(&apart).unwrap();
            assert!(text.contains(part), "{text}");
        }
        // With random losses, a prediction within the measured times cannot be refuted.
        let mut spread = over_a_link(1.4, None);
        spread.push(run(5, 1.5));
        spread.push(run(5, 0.8));
        spread.state = ExperimentState::Finished;
        assert!(model_deviation(&spread).is_some());
        spread.plan.link = parse_profile("rate_mbit = 50\nloss_percent = 1").ok();
        assert_eq!(model_deviation(&spread), None);
        let mut near = over_a_link(0.95, Some(3100));
        near.state = ExperimentState::Finished;
        assert_eq!(model_deviation(&near), None);
        near.plan.link = None;
        assert_eq!(model_deviation(&near), None);
    }
}
