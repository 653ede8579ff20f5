//! What in an experiment is to be doubted, in words.

use super::{format, label};
use crate::lab::analysis::experiment::{Experiment, ExperimentState};
use crate::lab::analysis::model_fit::{disagreement, is_by_chance};
use crate::lab::analysis::statistics::outliers;
use crate::lab::analysis::summary::Summary;

/// From which spread on, as a share of the median, a reader is warned.
const WIDE: f64 = 0.5;
/// From which distance to the median on, as a share of it, a far-off run is worth a word.
const FAR: f64 = 0.25;
/// From which lateness of the emulated link on a run is not reliable, in microseconds.
pub const LATE_US: u64 = 10_000;
/// Below how many runs of a value a reader is warned that the intervals are rough.
const FEW: usize = 3;

/// What a reader should know before trusting the figures: far-off runs, wide spreads, failures, a
/// link that ran late or not as foreseen, and too few runs. One sentence each; none while all is well.
pub fn warnings(experiment: &Experiment) -> Vec<String> {
    let summaries = &experiment.summaries;
    let mut warnings: Vec<String> = summaries
        .iter()
        .filter_map(|summary| spread(experiment, summary))
        .collect();
    let failed = experiment.runs.iter().filter(|run| !run.is_good()).count();
    if let Some(error) = experiment
        .runs
        .iter()
        .rev()
        .find_map(|run| run.error.as_ref())
    {
        let total = experiment.runs.len();
        warnings.push(format!(
            "{failed} of {total} runs failed and count nowhere; the last one: {error}"
        ));
    }
    warnings.extend(late(experiment));
    warnings.extend(notice(experiment));
    warnings.extend(disagreement(experiment));
    let over = experiment.state == ExperimentState::Finished;
    if over && summaries.iter().any(|summary| summary.runs < FEW) {
        warnings.push(format!(
            "Some values have fewer than {FEW} good runs: repeat with more to see how much chance \
             there is in the figures."
        ));
    }
    warnings
}

/// Whether the emulated link could not keep up with the clock.
fn late(experiment: &Experiment) -> Option<String> {
    let lateness = experiment.runs.iter().filter_map(|run| run.lateness_p99_us);
    let (late, worst) = lateness
        .filter(|micros| *micros > LATE_US)
        .fold((0, 0), |(count, worst), micros| {
            (count + 1, micros.max(worst))
        });
    (late > 0).then(|| {
        let total = experiment.runs.len();
        format!(
            "In {late} of {total} runs the server was late with the emulated link (by up to {} ms): \
             their times are not reliable. Repeat on a quieter machine.",
            worst.div_ceil(1000)
        )
    })
}

/// What an HTTP server did in some runs, such as to give the file over one connection only: then more
/// of them were not compared at all.
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

/// What is odd about the runs of one value: far-off ones, or else a wide spread.
fn spread(experiment: &Experiment, summary: &Summary) -> Option<String> {
    // Over a link with losses a spread is what one came to see.
    let link = experiment.plan.link_of(summary.value);
    if link.as_ref().is_some_and(is_by_chance) {
        return None;
    }
    let seconds = experiment.seconds_of(summary.value);
    let what = label::with_unit(&experiment.plan.sweep, summary.value);
    let median = summary.median_secs;
    let mut far = outliers(&seconds);
    // Where the runs lie close together, what is far from them may still be near.
    far.retain(|seconds| (seconds - median).abs() > FAR * median);
    let wide = summary.max_secs - summary.min_secs > WIDE * median;
    if let [first, rest @ ..] = &far[..] {
        let times = rest.iter().fold(format::time(*first), |times, next| {
            format!("{times}, {}", format::time(*next))
        });
        let runs = if rest.is_empty() {
            "a run lies"
        } else {
            "runs lie"
        };
        return Some(format!(
            "With {what}, {runs} far from the others ({times}; median {}): something else may have \
             used the machine or the network.",
            format::time(median)
        ));
    }
    (wide && seconds.len() >= FEW).then(|| {
        format!(
            "With {what}, the times spread widely ({}): repeat with more runs on a quieter \
             machine or network.",
            format::time_range(summary.min_secs, summary.max_secs)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::analysis::summary::tests::run;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::plan::sweep::Sweep;
    use crate::lab::run::timed_run::Run;

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
    fn calm_runs_warn_of_nothing() {
        assert_eq!(warnings_of(&runs(1, &[1.0, 1.1, 1.05])), [""; 0]);
        let close = [1.0, 1.001, 1.002, 0.999, 1.1];
        assert_eq!(warnings_of(&runs(1, &close)), [""; 0], "far, but near");
    }

    #[test]
    fn a_far_off_run_is_named() {
        let found = warnings_of(&runs(5, &[1.0, 1.1, 0.9, 1.05, 5.0]));
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("With 5 connections, a run lies far"),
            "{found:?}"
        );
        assert!(found[0].contains("5.00 s; median 1.05 s"), "{found:?}");
    }

    #[test]
    fn a_wide_spread_is_named() {
        let found = warnings_of(&runs(1, &[1.0, 1.4, 1.9]));
        assert!(found[0].contains("1.00–1.90 s"), "{found:?}");
    }

    #[test]
    fn the_spread_of_a_lossy_link_is_no_surprise() {
        let mut experiment = Experiment::new(plan(Sweep::Connections(vec![1, 5])));
        experiment.plan.link = lanes_shared::link::named("lossy-transatlantic").ok();
        for run in runs(1, &[1.0, 1.4, 1.9]) {
            experiment.push(run);
        }
        assert_eq!(warnings(&experiment), [""; 0]);
    }

    #[test]
    fn a_link_that_ran_late_is_named() {
        let mut all = runs(1, &[1.0, 1.0, 1.0]);
        all[0].lateness_p99_us = Some(LATE_US);
        assert_eq!(warnings_of(&all), [""; 0]);
        all[2].lateness_p99_us = Some(12_300);
        let found = warnings_of(&all);
        assert!(
            found[0].contains("1 of 3") && found[0].contains("13 ms"),
            "{found:?}"
        );
    }

    #[test]
    fn what_an_http_server_did_is_told() {
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
        assert!(found[1].contains("fewer than 3"), "{found:?}");
    }
}
