//! Whether what was measured agrees with what the model of the link foresaw.
//!
//! The tolerances are those within which the model was held against real TCP: a tenth where nothing is
//! left to chance, more where losses are random or the connections lose each other's packets. Where
//! chance alone spreads the times wider than that, a measured median within the foreseen band agrees
//! too, and so does a foreseen one among the measured times: a handful of runs cannot refute it.

use lanes_shared::link::Link;
use lanes_shared::link::regime::{Regime, regime};

use super::experiment::Experiment;
use super::prediction::Prediction;
use super::summary::Summary;
use crate::lab::plan::sweep::Sweep;
use crate::lab::report::warnings::LATE_US;
use crate::lab::report::{format, label};

/// A difference below this is none, in seconds: what a machine adds by itself.
const SLACK_SECS: f64 = 0.1;

/// Whether times over this link differ from run to run by its own doing.
pub(crate) fn is_by_chance(link: &Link) -> bool {
    let faults = link.stalls_per_sec() + link.resets_per_byte();
    link.loss() > 0.0 || faults > 0.0 || link.background_flows() > 0
}

/// How far from the foreseen median a measured one may lie, as a share of it.
fn tolerance(link: &Link, len: u64, connections: u16) -> f64 {
    if regime(link, len, connections.into()) == Regime::Overload {
        return 0.3;
    }
    match (is_by_chance(link), connections) {
        (true, 1) => 0.35,
        (true, _) => 0.2,
        (false, _) => 0.1,
    }
}

/// Whether a measured median agrees with what was foreseen.
fn agrees(measured_secs: f64, foreseen: &Prediction, tolerance: f64) -> bool {
    let allowed = (tolerance * foreseen.median_secs).max(SLACK_SECS);
    let band = foreseen.low_secs..=foreseen.high_secs;
    (measured_secs - foreseen.median_secs).abs() <= allowed || band.contains(&measured_secs)
}

/// Says where measured and foreseen times differ by more than the tolerance, and how late the server
/// was with the link. `None` where they agree, and while runs are still to come.
pub(crate) fn disagreement(experiment: &Experiment) -> Option<String> {
    let plan = &experiment.plan;
    if experiment.state.is_running() {
        return None;
    }
    let apart = |summary: &Summary| {
        let link = plan.link_of(summary.value)?;
        let foreseen = experiment.prediction(summary.value)?;
        let len = match plan.sweep {
            Sweep::FileSize(_) => summary.value,
            Sweep::Connections(_) | Sweep::PacketLen(_) | Sweep::Link(_) => experiment.len?,
        };
        let tolerance = tolerance(&link, len, plan.connections_of(summary.value));
        let runs = summary.min_secs..=summary.max_secs;
        let agrees = agrees(summary.median_secs, foreseen, tolerance)
            || is_by_chance(&link) && runs.contains(&foreseen.median_secs);
        (!agrees).then(|| {
            format!(
                "{}: {} measured, {} predicted (±{:.0} %)",
                label::value(&plan.sweep, summary.value),
                format::time(summary.median_secs),
                format::time(foreseen.median_secs),
                tolerance * 100.0
            )
        })
    };
    let apart: Vec<String> = experiment.summaries.iter().filter_map(apart).collect();
    (!apart.is_empty()).then(|| {
        format!(
            "Measured and predicted times differ by more than the tolerance of the model, by {}: \
             {}. {}",
            plan.sweep.label(),
            apart.join("; "),
            lateness(experiment)
        )
    })
}

/// How late the link was, and what that means for a difference.
fn lateness(experiment: &Experiment) -> String {
    let late = experiment.runs.iter().filter_map(|run| run.lateness_p99_us);
    match late.max() {
        Some(late) if late > LATE_US => format!(
            "The server was late with the link by up to {}: the machine was too busy for it.",
            format::time(late as f64 / 1e6)
        ),
        Some(late) => format!(
            "The server was late with the link by {} at most, which does not explain it.",
            format::time(late as f64 / 1e6)
        ),
        None => "How late the server was with the link it did not say.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use lanes_shared::link::named;

    use super::*;
    use crate::lab::analysis::experiment::ExperimentState;
    use crate::lab::analysis::summary::tests::run;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::run::timed_run::Run;

    fn foreseen(value: u64, [low_secs, median_secs, high_secs]: [f64; 3]) -> Prediction {
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
        let sure = foreseen(1, [10.0; 3]);
        assert!(agrees(10.9, &sure, 0.1) && agrees(9.1, &sure, 0.1));
        assert!(!agrees(11.1, &sure, 0.1) && !agrees(8.9, &sure, 0.1));
        let short = foreseen(1, [0.2; 3]);
        assert!(agrees(0.29, &short, 0.1) && !agrees(0.31, &short, 0.1));
        let wide = foreseen(1, [5.0, 10.0, 20.0]);
        assert!(agrees(19.0, &wide, 0.35) && !agrees(21.0, &wide, 0.35));
    }

    #[test]
    fn the_tolerance_follows_the_link() {
        let of = |text: &str, connections| {
            let link = named(text).unwrap().validate().unwrap();
            tolerance(&link, 20_000_000, connections)
        };
        for sure in ["throttled-mirror", "long-fat-pipe", "clean-cable"] {
            assert_eq!(of(sure, 5), 0.1, "{sure}");
        }
        assert_eq!(of("lossy-transatlantic", 1), 0.35);
        assert_eq!(of("lossy-transatlantic", 20), 0.2);
        assert_eq!(of("slow-4g", 50), 0.3);
    }

    fn experiment(seconds: f64, lateness_p99_us: Option<u64>) -> Experiment {
        let mut experiment = Experiment::new(plan(Sweep::Connections(vec![1, 5])));
        experiment.plan.link = named("throttled-mirror").ok();
        experiment.predictions = vec![foreseen(1, [4.0; 3]), foreseen(5, [0.9; 3])];
        for (value, seconds) in [(1, 4.1), (5, seconds)] {
            experiment.push(Run {
                lateness_p99_us,
                ..run(value, seconds)
            });
        }
        experiment
    }

    #[test]
    fn a_difference_is_said_with_the_lateness_once_all_is_over() {
        let mut apart = experiment(1.4, Some(3100));
        assert_eq!(disagreement(&apart), None, "runs are still to come");
        apart.state = ExperimentState::Finished;
        let words = disagreement(&apart).unwrap();
        assert!(
            words.contains("by connections: 5: 1.40 s measured, 900 ms predicted (±10 %). "),
            "{words}"
        );
        assert!(words.contains("3.10 ms at most"), "{words}");
        for (late, part) in [
            (Some(12_300), "12.3 ms: the machine was"),
            (None, "did not say"),
        ] {
            let mut apart = experiment(1.4, late);
            apart.state = ExperimentState::Finished;
            let words = disagreement(&apart).unwrap();
            assert!(words.contains(part), "{words}");
        }
        // By chance, a foreseen time among the measured ones cannot be refuted.
        let mut spread = experiment(1.4, None);
        spread.push(run(5, 1.5));
        spread.push(run(5, 0.8));
        spread.state = ExperimentState::Finished;
        assert!(disagreement(&spread).is_some());
        spread.plan.link = named("rate_mbit = 50\nloss_percent = 1").ok();
        assert_eq!(disagreement(&spread), None);
        let mut near = experiment(0.95, Some(3100));
        near.state = ExperimentState::Finished;
        assert_eq!(disagreement(&near), None);
        near.plan.link = None;
        assert_eq!(disagreement(&near), None);
    }
}
