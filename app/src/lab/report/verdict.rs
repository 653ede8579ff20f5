//! The verdict on an experiment: one or two sentences that need no knowledge of statistics.

use super::format::{capital, interval, rate, ratio, time};
use super::label::with_unit;
use crate::lab::analysis::experiment::Experiment;
use crate::lab::analysis::significance::{best_value, has_single_runs, is_faster, is_slower};
use crate::lab::analysis::summary::Summary;
use crate::lab::plan::experiment_plan::Plan;
use crate::lab::plan::sweep::Sweep;

/// A value counts as about as good as the best one up to this factor of the best median.
const AS_GOOD: f64 = 1.05;

/// Number of runs of a value from which the interval reaches its nominal coverage: see
/// [`ratio_interval`](crate::lab::analysis::statistics::ratio_interval).
const MIN_RELIABLE_RUNS: usize = 5;

impl Experiment {
    /// Returns the verdict in one or two sentences, in the units set in the preferences; empty until
    /// two values have a good run.
    pub fn verdict(&self) -> String {
        verdict(&self.plan, &self.summaries)
    }
}

/// Returns the verdict; empty until two values have a good run.
fn verdict(plan: &Plan, summaries: &[Summary]) -> String {
    let [first, .., _] = summaries else {
        return String::new();
    };
    let sweep = &plan.sweep;
    let best = best_value(summaries);
    let mut verdict = match best {
        Some(best) if has_single_runs(summaries) => preliminary(sweep, first, best),
        Some(best) if is_faster(best) => faster(sweep, first, best, summaries),
        _ => not_faster(sweep, first, best.is_some(), summaries),
    };
    let is_loopback = plan.is_loopback() && plan.emulated().is_none();
    if is_loopback && matches!(sweep, Sweep::Connections(_)) {
        verdict.push_str(
            " The server is on this machine, where no network limits a single connection: more \
             connections help mainly over a network.",
        );
    }
    verdict
}

/// The verdict while some value has a single run, which may be due to chance.
fn preliminary(sweep: &Sweep, first: &Summary, best: &Summary) -> String {
    let caution = "One run per value cannot show how much of the difference is chance.";
    if best.value == first.value {
        let first = with_unit(sweep, first.value);
        return format!("So far, nothing is faster than {first}. {caution}");
    }
    format!(
        "Best so far: {}, {}: {} × as fast as {}. {caution}",
        with_unit(sweep, best.value),
        figure(sweep, best),
        ratio(best.speed_up),
        with_unit(sweep, first.value),
    )
}

fn faster(sweep: &Sweep, first: &Summary, best: &Summary, all: &[Summary]) -> String {
    let confidence = best
        .speed_up_interval
        .map(|bounds| confidence(bounds, best.runs.min(first.runs)))
        .unwrap_or_default();
    let mut sentence = format!(
        "Best: {}, {}: {} × as fast as {}{confidence}.",
        with_unit(sweep, best.value),
        figure(sweep, best),
        ratio(best.speed_up),
        with_unit(sweep, first.value),
    );
    if let Sweep::FileSize(_) = sweep {
        sentence
            .push_str(" With larger files, connection setup takes a smaller share of the time.");
    } else if !matches!(sweep, Sweep::Link(_))
        && let Some(smaller) = as_good(best, all)
    {
        let smaller = with_unit(sweep, smaller.value);
        sentence.push_str(&format!(" {} did about as well.", capital(&smaller)));
    }
    sentence
}

/// The verdict if no value is significantly faster than the first.
fn not_faster(sweep: &Sweep, first: &Summary, is_best: bool, all: &[Summary]) -> String {
    let slowest = all
        .iter()
        .filter(|summary| is_slower(summary))
        .min_by(|a, b| a.speed_up.total_cmp(&b.speed_up));
    let cause = match sweep {
        Sweep::Connections(_) => "more connections made no difference",
        Sweep::PacketLen(_) => "the packet size made no difference",
        Sweep::FileSize(_) => "the file size made no difference to the throughput",
        Sweep::Link(_) => "the link made no difference",
    };
    let Some(slowest) = slowest else {
        return format!("Differences are within the spread of the runs: {cause}.");
    };
    let confidence = slowest
        .speed_up_interval
        .map(|(low, high)| confidence((1.0 / high, 1.0 / low), slowest.runs.min(first.runs)))
        .unwrap_or_default();
    let compared = match sweep {
        Sweep::FileSize(_) => "times as long per byte",
        _ => "times as long",
    };
    let name = with_unit(sweep, first.value);
    let figure = figure(sweep, first);
    let outcome = if is_best {
        format!("Best: {name}, {figure}")
    } else {
        format!("Nothing was significantly faster than {name} ({figure})")
    };
    format!(
        "{outcome}. {} took {} {compared}{confidence}.",
        capital(&with_unit(sweep, slowest.value)),
        ratio(1.0 / slowest.speed_up),
    )
}

/// The confidence interval of a ratio, marked as approximate if it rests on few runs of each value.
fn confidence(bounds: (f64, f64), runs: usize) -> String {
    let interval = interval(bounds);
    if runs < MIN_RELIABLE_RUNS {
        format!(" (95 %: {interval}, approximate: {runs} runs each)")
    } else {
        format!(" (95 %: {interval})")
    }
}

/// Returns the smallest value below the best one that is about as good.
fn as_good<'a>(best: &Summary, all: &'a [Summary]) -> Option<&'a Summary> {
    all.iter()
        .filter(|summary| summary.value < best.value)
        .filter(|summary| summary.median_secs <= best.median_secs * AS_GOOD)
        .min_by_key(|summary| summary.value)
}

/// The figure by which values are compared.
fn figure(sweep: &Sweep, summary: &Summary) -> String {
    match sweep {
        Sweep::FileSize(_) => rate(summary.throughput),
        _ => time(summary.median_secs),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::plan::experiment_plan::tests::plan;

    fn summary(value: u64, median_secs: f64, speed_up: f64, interval: (f64, f64)) -> Summary {
        Summary {
            value,
            runs: 5,
            failed: 0,
            median_secs,
            min_secs: median_secs,
            max_secs: median_secs,
            speed_up,
            speed_up_interval: Some(interval),
            throughput: 1e6 / median_secs,
        }
    }

    fn connections() -> Plan {
        plan(Sweep::Connections(vec![1, 5, 10]))
    }

    #[test]
    fn a_single_value_has_no_verdict() {
        assert_eq!(verdict(&connections(), &[]), "");
        let one = summary(1, 1.0, 1.0, (1.0, 1.0));
        assert_eq!(verdict(&connections(), &[one]), "");
    }

    #[test]
    fn the_best_count_is_reported_with_its_confidence_interval() {
        let all = [
            summary(1, 39.4, 1.0, (1.0, 1.0)),
            summary(5, 8.0, 4.92, (4.8, 5.1)),
            summary(10, 4.2, 9.38, (9.1, 9.6)),
            summary(20, 4.1, 9.61, (9.2, 9.94)),
        ];
        assert_eq!(best_value(&all).map(|summary| summary.value), Some(20));
        let mut wide = all.to_vec();
        wide.push(summary(50, 3.0, 13.1, (0.9, 20.0)));
        assert_eq!(
            verdict(&connections(), &wide),
            verdict(&connections(), &all)
        );
        assert_eq!(
            verdict(&connections(), &all),
            "Best: 20 connections, 4.10 s: 9.61 × as fast as 1 connection (95 %: 9.20–9.94). \
             10 connections did about as well."
        );
    }

    #[test]
    fn an_interval_of_few_runs_is_marked_as_approximate() {
        let mut all = [
            summary(1, 2.0, 1.0, (1.0, 1.0)),
            summary(5, 1.0, 2.0, (1.9, 2.1)),
        ];
        all[1].runs = 3;
        let text = verdict(&connections(), &all);
        assert!(
            text.contains("(95 %: 1.90–2.10, approximate: 3 runs each)"),
            "{text}"
        );
    }

    #[test]
    fn a_difference_within_the_spread_makes_no_value_the_best() {
        let all = [
            summary(1, 1.0, 1.0, (1.0, 1.0)),
            summary(5, 0.95, 1.05, (0.9, 1.2)),
            summary(10, 1.1, 0.91, (0.8, 1.1)),
        ];
        assert_eq!(
            verdict(&connections(), &all),
            "Differences are within the spread of the runs: more connections made no difference."
        );
        assert_eq!(best_value(&all), None);
    }

    #[test]
    fn slower_values_are_reported_as_slower() {
        let all = [
            summary(1, 1.0, 1.0, (1.0, 1.0)),
            summary(50, 2.0, 0.5, (0.4, 0.625)),
        ];
        assert_eq!(
            verdict(&connections(), &all),
            "Best: 1 connection, 1.00 s. 50 connections took 2.00 times as long \
             (95 %: 1.60–2.50)."
        );
        assert_eq!(best_value(&all), Some(&all[0]));
    }

    #[test]
    fn a_lower_median_within_the_spread_is_not_hidden() {
        let all = [
            summary(1, 1.0, 1.0, (1.0, 1.0)),
            summary(5, 0.8, 1.25, (0.9, 1.5)),
            summary(50, 2.0, 0.5, (0.4, 0.625)),
        ];
        let text = verdict(&connections(), &all);
        assert!(
            text.starts_with("Nothing was significantly faster than 1 connection (1.00 s). 50")
        );
        assert_eq!(best_value(&all), None);
    }

    #[test]
    fn single_runs_give_a_preliminary_verdict() {
        let mut all = [
            summary(1, 2.0, 1.0, (1.0, 1.0)),
            summary(5, 1.0, 2.0, (2.0, 2.0)),
        ];
        all[1].speed_up_interval = None;
        let text = verdict(&connections(), &all);
        assert!(text.starts_with("Best so far: 5 connections, 1.00 s: 2.00 × as fast as"));
        assert!(text.contains("chance"), "{text}");
        all[1].speed_up = 0.5;
        assert!(verdict(&connections(), &all).starts_with("So far, nothing is faster than 1"));
    }

    #[test]
    fn on_loopback_the_verdict_explains_that_no_network_limits_a_connection() {
        let source = "lanes://127.0.0.1:5115/f".parse().unwrap();
        let plan = Plan {
            source,
            ..connections()
        };
        let all = [
            summary(1, 1.0, 1.0, (1.0, 1.0)),
            summary(5, 1.0, 1.0, (0.9, 1.1)),
        ];
        assert!(verdict(&plan, &all).contains("no network limits a single connection"));
        let link = Some(lanes_shared::link::parse_profile("slow-4g").unwrap());
        let emulated = Plan { link, ..plan };
        assert!(!verdict(&emulated, &all).contains("no network limits"));
    }

    #[test]
    fn packets_and_files_have_their_own_sentences() {
        let packets = plan(Sweep::PacketLen(vec![128, 65_536]));
        let all = [
            summary(128, 4.0, 1.0, (1.0, 1.0)),
            summary(65_536, 1.0, 4.0, (3.5, 4.5)),
        ];
        assert_eq!(
            verdict(&packets, &all),
            "Best: packets of 64 KiB, 1.00 s: 4.00 × as fast as packets of 128 B \
             (95 %: 3.50–4.50)."
        );
        let files = plan(Sweep::FileSize(vec![1000, 1_000_000]));
        let text = verdict(&files, &all);
        assert!(text.contains("MB/s: 4.00 × as fast") && text.contains("larger files"));
    }
}
