//! The comparison with HTTP/3: whether one multiplexed connection would have done.

use super::format::{ratio, time};
use super::label::with_unit;
use crate::lab::analysis::experiment::Experiment;
use crate::lab::analysis::significance::MIN_EFFECT;
use crate::lab::analysis::statistics::ratio_interval;
use crate::lab::analysis::summary::Summary;

/// Label of the runs over HTTP/3 where a number of connections stands otherwise.
pub const HTTP3_LABEL: &str = "HTTP/3";

/// Name of the runs over HTTP/3 in legends.
pub const HTTP3_NAME: &str = "HTTP/3, one connection";

/// Returns the comparison with the fastest number of TCP connections, one to three sentences; empty without
/// a good run of both.
pub(crate) fn http3_verdict(experiment: &Experiment) -> String {
    let summary = experiment.http3.summary.as_ref();
    let Some((http3, tcp)) = summary.zip(fastest(experiment)) else {
        return String::new();
    };
    let name = with_unit(&experiment.plan.sweep, tcp.value);
    let took = time(http3.median_secs);
    let factor = tcp.median_secs / http3.median_secs.max(1e-9);
    let mut text = match relation(experiment, tcp, factor) {
        Relation::Faster => format!(
            "One connection over HTTP/3 would have been faster still: {took}, {} times as fast as {name} over TCP.",
            ratio(factor)
        ),
        Relation::Alike => format!(
            "One connection over HTTP/3 would have done: {took}, about as fast as {name} over TCP."
        ),
        Relation::Slower => format!(
            "One connection over HTTP/3 would not have done: {took}, {} times as long as {name} over TCP.",
            ratio(1.0 / factor)
        ),
    };
    let first = experiment.summaries.first();
    if let Some(first) = first.filter(|first| first.value != tcp.value) {
        let name = with_unit(&experiment.plan.sweep, first.value);
        text.push_str(&match http3.speed_up {
            gain if gain >= MIN_EFFECT => {
                format!(" It was {} times as fast as {name} over TCP.", ratio(gain))
            }
            gain if gain <= 1.0 / MIN_EFFECT => {
                format!(
                    " It took {} times as long as {name} over TCP.",
                    ratio(1.0 / gain)
                )
            }
            _ => format!(" It was about as fast as {name} over TCP."),
        });
    }
    if experiment.plan.is_loopback() && factor < 1.0 {
        text.push_str(" On one machine the processor limits HTTP/3, not a network.");
    }
    if http3.runs == 1 || tcp.runs == 1 {
        text.push_str(" With one run of each this may be chance.");
    }
    text
}

/// Returns the speed-up of HTTP/3 for a headline; empty without one.
pub(crate) fn http3_headline(experiment: &Experiment) -> String {
    let summary = experiment.http3.summary.as_ref();
    summary.map_or_else(String::new, |http3| {
        format!("{}\u{a0}× over HTTP/3", ratio(http3.speed_up))
    })
}

/// Returns why there are no runs over HTTP/3, or no more; empty if there are.
pub fn http3_absence(experiment: &Experiment) -> String {
    let reason = experiment.http3.absence.as_ref();
    reason.map_or_else(String::new, |reason| {
        let runs = match experiment.http3.runs.is_empty() {
            true => "HTTP/3 is not compared",
            false => "HTTP/3 is not compared further",
        };
        format!("{runs}: {reason}.")
    })
}

/// Returns the number of TCP connections with the shortest median.
fn fastest(experiment: &Experiment) -> Option<&Summary> {
    let all = experiment.summaries.iter();
    all.min_by(|a, b| a.median_secs.total_cmp(&b.median_secs))
}

enum Relation {
    Faster,
    Alike,
    Slower,
}

/// Compares HTTP/3 with `tcp`, whose time divided by that of HTTP/3 is `factor`. Differences within the spread of the runs, or
/// below 5 %, do not count.
fn relation(experiment: &Experiment, tcp: &Summary, factor: f64) -> Relation {
    let http3: Vec<f64> = good_seconds(experiment);
    let over_tcp = experiment.seconds_of(tcp.value);
    let (low, high) =
        ratio_interval(&over_tcp, &http3, experiment.plan.seed).unwrap_or((factor, factor));
    if factor >= MIN_EFFECT && low > 1.0 {
        Relation::Faster
    } else if factor <= 1.0 / MIN_EFFECT && high < 1.0 {
        Relation::Slower
    } else {
        Relation::Alike
    }
}

fn good_seconds(experiment: &Experiment) -> Vec<f64> {
    let good = experiment.http3.runs.iter().filter(|run| run.is_good());
    good.map(|run| run.seconds).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::plan::sweep::Sweep;
    use crate::lab::run::timed_run::HTTP3_VALUE;
    use crate::lab::run::timed_run::tests::run;

    fn experiment(tcp: &[(u64, f64)], http3: &[f64]) -> Experiment {
        let mut experiment = Experiment::new(plan(Sweep::Connections(vec![1, 8])));
        experiment.extend_http3(http3.iter().map(|secs| run(HTTP3_VALUE, *secs)));
        experiment.extend(tcp.iter().map(|(value, secs)| run(*value, *secs)));
        experiment
    }

    const TCP: [(u64, f64); 4] = [(1, 8.0), (1, 8.2), (8, 2.0), (8, 2.1)];

    #[test]
    fn http3_is_compared_with_the_fastest_count_and_the_first() {
        for (http3, parts) in [
            (
                &[1.0, 1.02][..],
                &[
                    "faster still: 1.01 s, 2.03 times as fast as 8 connections",
                    "8.02 times as fast as 1 connection",
                ][..],
            ),
            (
                &[2.0, 2.05],
                &[
                    "would have done: ",
                    "about as fast as 8 connections",
                    "4.00 times as fast",
                ],
            ),
            (
                &[8.1, 8.1],
                &[
                    "would not have done",
                    "3.95 times as long as 8",
                    "about as fast as 1 connection",
                ],
            ),
            (&[20.0, 20.0], &["2.47 times as long as 1 connection"]),
            (&[1.0], &["may be chance"]),
        ] {
            let experiment = experiment(&TCP, http3);
            let text = http3_verdict(&experiment);
            for part in parts {
                assert!(text.contains(part), "{part}: {text}");
            }
            assert!(experiment.verdict().ends_with(&text));
            assert!(experiment.headline().ends_with("× over HTTP/3"));
        }
        assert_eq!(http3_verdict(&experiment(&TCP, &[])), "");
        assert_eq!(http3_verdict(&experiment(&[], &[1.0])), "");
    }

    #[test]
    fn a_server_without_http3_is_told_with_the_reason() {
        let mut experiment = experiment(&TCP, &[]);
        assert_eq!(http3_absence(&experiment), "");
        experiment.end_http3("no answer".to_owned());
        assert_eq!(
            http3_absence(&experiment),
            "HTTP/3 is not compared: no answer."
        );
        assert_eq!(experiment.total, 6);
        assert!(crate::lab::report::conclusion::conclusion(&experiment).contains("no answer."));
    }
}
