//! Which limit binds where no model of the path is there to say it: what the runs themselves show.

use super::experiment::Experiment;
use super::summary::Summary;
use crate::engine::MAX_CONNECTIONS;
use crate::lab::plan::sweep::Sweep;
use crate::lab::report::format::{capital, rate};
use crate::lab::report::label::with_unit;

/// From which share of what the first connection brought on each further one did nearly as well.
const AS_WELL: f64 = 0.7;

/// From which speed-up on it is worth a word: less may be sure, and still be next to nothing.
const WORTH: f64 = 1.1;

/// What limits the connections and what would help instead, as far as the runs show it. `None` where
/// connections are not what is varied, on this machine itself, and while nothing is sure.
pub(crate) fn limit(experiment: &Experiment) -> Option<String> {
    let Sweep::Connections(_) = experiment.plan.sweep else {
        return None;
    };
    let summaries = &experiment.summaries[..];
    let sure = |summary: &Summary| summary.speed_up_interval.is_some();
    let ([first, .., last], true) = (summaries, summaries.iter().all(sure)) else {
        return None;
    };
    // The verdict says of this machine what there is to say.
    if experiment.plan.is_loopback() {
        return None;
    }
    let as_well = |summary: &&Summary| {
        let times_as_many = summary.value as f64 / first.value as f64;
        summary.speed_up >= AS_WELL * times_as_many
    };
    // As long as each of them did: one that did well after some that did not proves little.
    let linear = summaries.iter().take_while(as_well).last()?;
    let faster = experiment.best().filter(|best| best.speed_up >= WORTH);
    Some(match faster {
        None => {
            "The path to the server, or the server itself, gives no more than this. What would \
                 help instead: a faster path, or a nearer or less busy server."
                .to_owned()
        }
        Some(_) if linear.value == last.value => held_back(last),
        Some(best) => shared(first, linear, best),
    })
}

/// Every connection that was tried brought its part.
fn held_back(last: &Summary) -> String {
    let more = if last.value < u64::from(MAX_CONNECTIONS) {
        "More than that may bring more still."
    } else {
        "What would help instead: a server that allows each connection more, or a nearer one."
    };
    format!(
        "Each connection brought nearly as much as the first: something holds each of them back, a cap \
         of the server, a window or losses. {more}"
    )
}

/// Some brought their part, then there was no more to have.
fn shared(first: &Summary, linear: &Summary, best: &Summary) -> String {
    let until = if linear.value == first.value {
        "Each further connection brought less than the one before".to_owned()
    } else {
        let name = with_unit(&Sweep::Connections(Vec::new()), linear.value);
        format!(
            "{} still brought nearly as much each as the first",
            capital(&format!("up to {name}"))
        )
    };
    format!(
        "{until}; together they come near to what the path or the server gives, {}. What would help \
         instead: a faster path, or a less busy server.",
        rate(best.throughput)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::analysis::summary::tests::run;
    use crate::lab::plan::experiment_plan::tests::plan;

    fn said(times: &[(u64, f64)]) -> Option<String> {
        let counts = times.iter().map(|(value, _)| *value as u16).collect();
        let mut experiment = Experiment::new(plan(Sweep::Connections(counts)));
        for (value, secs) in times {
            for spread in [0.99, 1.0, 1.01] {
                experiment.push(run(*value, secs * spread));
            }
        }
        limit(&experiment)
    }

    #[test]
    fn the_shape_of_the_curve_says_what_limits() {
        for (times, part) in [
            (
                &[(1, 16.0), (4, 4.1), (8, 2.1), (16, 2.0)][..],
                "Up to 8 connections still",
            ),
            (&[(1, 16.0), (4, 4.1), (16, 1.05)], "More than that may"),
            (&[(1, 16.0), (4, 4.0), (64, 0.26)], "allows each connection"),
            (&[(1, 4.0), (4, 3.9), (16, 4.1)], "gives no more than this"),
            (&[(1, 4.0), (4, 2.5), (16, 2.0)], "Each further connection"),
        ] {
            let words = said(times).unwrap();
            assert!(words.contains(part), "{words}");
        }
    }

    #[test]
    fn single_runs_and_this_machine_show_nothing() {
        let mut experiment = Experiment::new(plan(Sweep::Connections(vec![1, 4])));
        experiment.extend([run(1, 4.0), run(4, 1.0)]);
        assert_eq!(limit(&experiment), None);
        experiment.extend([run(1, 4.0), run(4, 1.0)]);
        assert!(limit(&experiment).is_some());
        experiment.plan.source = "http://127.0.0.1:8080/f".parse().unwrap();
        assert_eq!(limit(&experiment), None);
    }
}
