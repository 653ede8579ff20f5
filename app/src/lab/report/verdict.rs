//! What came of an experiment, in one or two sentences that a first-year student understands.

use super::format::{capital, interval, rate, ratio, time};
use super::label::with_unit;
use crate::lab::analysis::summary::Summary;
use crate::lab::plan::experiment_plan::Plan;
use crate::lab::plan::sweep::Sweep;

/// Within which factor of the best median another value counts as about as good.
const AS_GOOD: f64 = 1.05;

/// From how many runs of a value on an interval does what its name says: see
/// [`ratio_interval`](crate::lab::analysis::statistics::ratio_interval).
const SURE: usize = 5;

/// The verdict; empty until two values have a good run.
pub(crate) fn verdict(plan: &Plan, summaries: &[Summary]) -> String {
    let [first, .., _] = summaries else {
        return String::new();
    };
    let sweep = &plan.sweep;
    let best = best(summaries);
    let mut verdict = match best {
        Some(best) if is_unclear(summaries) => unsure(sweep, first, best),
        Some(best) if is_faster(best) => faster(sweep, first, best, summaries),
        _ => no_faster(sweep, first, best.is_some(), summaries),
    };
    let loopback = plan.is_loopback() && plan.emulated().is_none();
    if loopback && matches!(sweep, Sweep::Connections(_)) {
        verdict.push_str(
            " The server is on this machine, where no network limits a single connection: only \
             over a network can more of them help much.",
        );
    }
    verdict
}

/// The value that the verdict calls best: the fastest of those that are surely faster than the first,
/// or the first where others are surely slower. With single runs nothing is sure: then simply the
/// fastest. `None` where nothing is best: what differs may be chance.
pub(crate) fn best(summaries: &[Summary]) -> Option<&Summary> {
    let [first, .., _] = summaries else {
        return None;
    };
    // A value whose runs spread widely may have the best median and prove nothing.
    let unclear = is_unclear(summaries);
    // A lower median that may be chance makes no value the best one, nor does it leave the first so.
    let first_is_best = || {
        summaries.iter().any(is_slower)
            && summaries
                .iter()
                .all(|summary| summary.speed_up <= first.speed_up)
    };
    summaries
        .iter()
        .filter(|summary| unclear || is_faster(summary))
        .max_by(|a, b| a.speed_up.total_cmp(&b.speed_up))
        .or_else(|| first_is_best().then_some(first))
}

/// Whether some value has one run only.
fn is_unclear(summaries: &[Summary]) -> bool {
    summaries
        .iter()
        .any(|summary| summary.speed_up_interval.is_none())
}

fn is_faster(summary: &Summary) -> bool {
    summary.speed_up_interval.is_some_and(|(low, _)| low > 1.0)
}

fn is_slower(summary: &Summary) -> bool {
    summary
        .speed_up_interval
        .is_some_and(|(_, high)| high < 1.0)
}

/// Some value has one run only: what it shows may be chance.
fn unsure(sweep: &Sweep, first: &Summary, best: &Summary) -> String {
    let caution = "One run of a value cannot show how much of that is chance.";
    if best.value == first.value {
        let first = with_unit(sweep, first.value);
        return format!("So far nothing was faster than {first}. {caution}");
    }
    format!(
        "So far {} did best: {}, {} × as fast as {}. {caution}",
        with_unit(sweep, best.value),
        figure(sweep, best),
        ratio(best.speed_up),
        with_unit(sweep, first.value),
    )
}

fn faster(sweep: &Sweep, first: &Summary, best: &Summary, all: &[Summary]) -> String {
    let certain = best
        .speed_up_interval
        .map(|both| certain(both, best.runs.min(first.runs)))
        .unwrap_or_default();
    let mut sentence = format!(
        "Best: {}, {}: {} × as fast as {}{certain}.",
        with_unit(sweep, best.value),
        figure(sweep, best),
        ratio(best.speed_up),
        with_unit(sweep, first.value),
    );
    if let Sweep::FileSize(_) = sweep {
        sentence.push_str(
            " The larger the file, the less the time weighs that it takes to set up connections.",
        );
    } else if !matches!(sweep, Sweep::Link(_))
        && let Some(modest) = as_good(best, all)
    {
        let modest = with_unit(sweep, modest.value);
        sentence.push_str(&format!(" {} did about as well.", capital(&modest)));
    }
    sentence
}

/// No value was surely faster than the first: as good, or slower.
fn no_faster(sweep: &Sweep, first: &Summary, is_best: bool, all: &[Summary]) -> String {
    let slowest = all
        .iter()
        .filter(|summary| is_slower(summary))
        .min_by(|a, b| a.speed_up.total_cmp(&b.speed_up));
    let what = match sweep {
        Sweep::Connections(_) => "more connections brought nothing",
        Sweep::PacketLen(_) => "the packet size made no difference",
        Sweep::FileSize(_) => "the file's size made no difference to the rate",
        Sweep::Link(_) => "the link made no difference",
    };
    let Some(slowest) = slowest else {
        return format!("Differences are within the spread of the runs: {what}.");
    };
    let certain = slowest
        .speed_up_interval
        .map(|(low, high)| certain((1.0 / high, 1.0 / low), slowest.runs.min(first.runs)))
        .unwrap_or_default();
    let compared = match sweep {
        Sweep::FileSize(_) => "times as long for each byte as",
        _ => "times as long as",
    };
    let name = with_unit(sweep, first.value);
    let figure = figure(sweep, first);
    let outcome = if is_best {
        format!("Best: {name}, {figure}")
    } else {
        format!("Nothing was surely faster than {name} ({figure})")
    };
    format!(
        "{outcome}. {} took {} {compared} that{certain}.",
        capital(&with_unit(sweep, slowest.value)),
        ratio(1.0 / slowest.speed_up),
    )
}

/// The interval in which the ratio lies, and how far that is to be trusted: with `runs` of each value.
fn certain(both: (f64, f64), runs: usize) -> String {
    let interval = interval(both);
    if runs < SURE {
        format!(" (95 %: {interval}, roughly: {runs} runs each)")
    } else {
        format!(" (95 %: {interval})")
    }
}

/// The least value that was about as good as the best one, if it is another.
fn as_good<'a>(best: &Summary, all: &'a [Summary]) -> Option<&'a Summary> {
    all.iter()
        .filter(|summary| summary.value < best.value)
        .filter(|summary| summary.median_secs <= best.median_secs * AS_GOOD)
        .min_by_key(|summary| summary.value)
}

/// The figure that a value is judged by.
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
    fn nothing_is_said_of_one_value() {
        assert_eq!(verdict(&connections(), &[]), "");
        let one = summary(1, 1.0, 1.0, (1.0, 1.0));
        assert_eq!(verdict(&connections(), &[one]), "");
    }

    #[test]
    fn the_best_count_is_named_with_its_confidence() {
        let all = [
            summary(1, 39.4, 1.0, (1.0, 1.0)),
            summary(5, 8.0, 4.92, (4.8, 5.1)),
            summary(10, 4.2, 9.38, (9.1, 9.6)),
            summary(20, 4.1, 9.61, (9.2, 9.94)),
        ];
        assert_eq!(best(&all).map(|summary| summary.value), Some(20));
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
    fn an_interval_of_few_runs_is_called_rough() {
        let mut all = [
            summary(1, 2.0, 1.0, (1.0, 1.0)),
            summary(5, 1.0, 2.0, (1.9, 2.1)),
        ];
        all[1].runs = 3;
        let words = verdict(&connections(), &all);
        assert!(
            words.contains("(95 %: 1.90–2.10, roughly: 3 runs each)"),
            "{words}"
        );
    }

    #[test]
    fn a_difference_within_the_spread_is_none() {
        let all = [
            summary(1, 1.0, 1.0, (1.0, 1.0)),
            summary(5, 0.95, 1.05, (0.9, 1.2)),
            summary(10, 1.1, 0.91, (0.8, 1.1)),
        ];
        assert_eq!(
            verdict(&connections(), &all),
            "Differences are within the spread of the runs: more connections brought nothing."
        );
        assert_eq!(best(&all), None);
    }

    #[test]
    fn a_loss_is_called_a_loss() {
        let all = [
            summary(1, 1.0, 1.0, (1.0, 1.0)),
            summary(50, 2.0, 0.5, (0.4, 0.625)),
        ];
        assert_eq!(
            verdict(&connections(), &all),
            "Best: 1 connection, 1.00 s. 50 connections took 2.00 times as long as that \
             (95 %: 1.60–2.50)."
        );
        assert_eq!(best(&all), Some(&all[0]));
    }

    #[test]
    fn a_lower_median_within_the_spread_is_not_hidden() {
        let all = [
            summary(1, 1.0, 1.0, (1.0, 1.0)),
            summary(5, 0.8, 1.25, (0.9, 1.5)),
            summary(50, 2.0, 0.5, (0.4, 0.625)),
        ];
        let words = verdict(&connections(), &all);
        assert!(words.starts_with("Nothing was surely faster than 1 connection (1.00 s). 50"));
        assert_eq!(best(&all), None);
    }

    #[test]
    fn one_run_each_is_not_trusted() {
        let mut all = [
            summary(1, 2.0, 1.0, (1.0, 1.0)),
            summary(5, 1.0, 2.0, (2.0, 2.0)),
        ];
        all[1].speed_up_interval = None;
        let words = verdict(&connections(), &all);
        assert!(words.starts_with("So far 5 connections did best: 1.00 s, 2.00 × as fast as"));
        assert!(words.contains("chance"), "{words}");
        all[1].speed_up = 0.5;
        assert!(verdict(&connections(), &all).starts_with("So far nothing was faster than 1"));
    }

    #[test]
    fn on_loopback_it_is_said_that_nothing_limits_a_connection() {
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
        let link = Some(lanes_shared::link::named("slow-4g").unwrap());
        let emulated = Plan { link, ..plan };
        assert!(!verdict(&emulated, &all).contains("no network limits"));
    }

    #[test]
    fn packets_and_files_have_their_own_words() {
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
        let words = verdict(&files, &all);
        assert!(words.contains("MB/s: 4.00 × as fast") && words.contains("larger the file"));
    }
}
