//! The verdict on an experiment: one or two sentences that need no knowledge of statistics.

use super::format::{capital, interval, rate, ratio, time};
use super::http3::{http3_headline, http3_verdict};
use super::label::with_unit;
use crate::lab::analysis::experiment::Experiment;
use crate::lab::analysis::significance::{
    MIN_EFFECT, best_value, has_single_runs, is_faster, is_slower,
};
use crate::lab::analysis::statistics::MIN_INTERVAL_RUNS;
use crate::lab::analysis::summary::Summary;
use crate::lab::plan::experiment_plan::Plan;
use crate::lab::plan::sweep::Sweep;

/// A number of connections is reported as slower again from this factor of the best median on.
const SLOWER_AGAIN: f64 = 1.15;

impl Experiment {
    /// Returns the verdict in a few sentences, in the units set in the preferences; empty until two values
    /// have a good run, or one value and HTTP/3.
    pub fn verdict(&self) -> String {
        let over_tcp = verdict(&self.plan, &self.summaries);
        joined([over_tcp, http3_verdict(self)], " ")
    }

    /// Returns the finding in a few words, such as `12.4 × as fast with 20 connections`; empty until
    /// two values have a good run.
    pub fn headline(&self) -> String {
        let over_tcp = headline(&self.plan.sweep, &self.summaries);
        joined([over_tcp, http3_headline(self)], "; ")
    }
}

/// Joins the parts that are not empty.
fn joined(parts: [String; 2], between: &str) -> String {
    let [first, second] = parts;
    match first.is_empty() || second.is_empty() {
        true => first + &second,
        false => first + between + &second,
    }
}

/// Returns the finding in a few words.
fn headline(sweep: &Sweep, summaries: &[Summary]) -> String {
    let [first, .., _] = summaries else {
        return String::new();
    };
    let gain = |best: &Summary| ratio(best.speed_up);
    match (sweep, best_value(summaries)) {
        (Sweep::Link(_), _) => links_headline(summaries),
        (Sweep::FileSize(_), Some(best)) if best.value > first.value => {
            format!(
                "Larger files use the link better: {} × the rate",
                gain(best)
            )
        }
        (Sweep::FileSize(_), None) => "File size makes no difference to the rate".to_owned(),
        (Sweep::FileSize(_), Some(best)) => {
            format!(
                "{} is fastest per byte",
                capital(&with_unit(sweep, best.value))
            )
        }
        (_, Some(best)) if best.value != first.value => {
            format!(
                "{} × as fast with {}",
                gain(best),
                with_unit(sweep, best.value)
            )
        }
        (Sweep::Connections(_), Some(_)) => match first.value {
            1 => "One connection is fastest".to_owned(),
            _ => format!("{} are fastest", with_unit(sweep, first.value)),
        },
        (Sweep::PacketLen(_), Some(_)) => {
            format!("{} are fastest", capital(&with_unit(sweep, first.value)))
        }
        (Sweep::Connections(_), None) => "More connections make no difference".to_owned(),
        (Sweep::PacketLen(_), None) => "Packet size makes no difference".to_owned(),
    }
}

/// Links are inputs: none of them wins.
fn links_headline(summaries: &[Summary]) -> String {
    let medians = || summaries.iter().map(|summary| summary.median_secs);
    let (low, high) = medians().fold((f64::MAX, 0.0_f64), |(low, high), secs| {
        (low.min(secs), high.max(secs))
    });
    let factor = high / low.max(1e-9);
    if factor < MIN_EFFECT {
        return "The links make no difference".to_owned();
    }
    format!("The link decides: up to {} × the time", ratio(factor))
}

/// Returns the verdict; empty until two values have a good run.
fn verdict(plan: &Plan, summaries: &[Summary]) -> String {
    let [first, .., _] = summaries else {
        return String::new();
    };
    let sweep = &plan.sweep;
    let best = best_value(summaries);
    let mut verdict = match best {
        _ if matches!(sweep, Sweep::Link(_)) => links(sweep, summaries),
        Some(best) if has_single_runs(summaries) => preliminary(sweep, first, best),
        Some(best) if is_faster(best) => faster(sweep, first, best, summaries),
        _ => not_faster(sweep, first, best.is_some(), summaries),
    };
    let is_loopback = plan.is_loopback() && plan.emulated().is_none();
    let is_helped = best.is_some_and(|best| best.value != first.value);
    if is_loopback && matches!(sweep, Sweep::Connections(_)) {
        // If more connections helped, the general rule would contradict the figures.
        verdict.push_str(match is_helped {
            true => " The server is on this machine: it limits each connection, not a network.",
            false => {
                " The server is on this machine, where no network limits a single connection: more \
                 connections help mainly over a network."
            }
        });
    }
    verdict
}

/// Names the fastest and the slowest link.
fn links(sweep: &Sweep, all: &[Summary]) -> String {
    let by_time = |a: &&Summary, b: &&Summary| a.median_secs.total_cmp(&b.median_secs);
    let ends = all.iter().min_by(by_time).zip(all.iter().max_by(by_time));
    let Some((fast, slow)) = ends else {
        return String::new();
    };
    let mut sentence = format!(
        "The same file took {} over {} and {} over {}.",
        time(fast.median_secs),
        with_unit(sweep, fast.value),
        time(slow.median_secs),
        with_unit(sweep, slow.value),
    );
    if has_single_runs(all) {
        sentence.push_str(" With one run per value this may be chance.");
    }
    sentence
}

/// The verdict while some value has a single run, which may be due to chance.
fn preliminary(sweep: &Sweep, first: &Summary, best: &Summary) -> String {
    let caution = "With one run per value this may be chance.";
    if best.value == first.value {
        let first = with_unit(sweep, first.value);
        return format!("So far, nothing is faster than {first}. {caution}");
    }
    format!(
        "Fastest so far: {}, {}, {} times as fast as {}. {caution}",
        with_unit(sweep, best.value),
        figure(sweep, best),
        ratio(best.speed_up),
        with_unit(sweep, first.value),
    )
}

fn faster(sweep: &Sweep, first: &Summary, best: &Summary, all: &[Summary]) -> String {
    let spread = best
        .speed_up_interval
        .map(|bounds| spread(bounds, best.runs.min(first.runs)))
        .unwrap_or_default();
    let (value, base) = (with_unit(sweep, best.value), with_unit(sweep, first.value));
    let (figure, factor) = (figure(sweep, best), ratio(best.speed_up));
    if let Sweep::FileSize(_) = sweep {
        let cause = match best.value > first.value {
            true => " The larger the file, the less connection set-up matters.",
            false => "",
        };
        return format!(
            "{} comes at {figure}, {factor} times the rate of {base}{spread}.{cause}",
            capital(&value)
        );
    }
    let mut sentence = format!(
        "{} are fastest: {figure}, {factor} times as fast as {base}{spread}.",
        capital(&value)
    );
    if let Some(smaller) = as_good(best, all) {
        let smaller = with_unit(sweep, smaller.value);
        sentence.push_str(&format!(" {} did about as well.", capital(&smaller)));
    }
    if let Some(more) = slower_again(sweep, best, all) {
        sentence.push_str(&format!(
            " More is slower again: {} took {}, {} times as fast as {base}.",
            with_unit(sweep, more.value),
            time(more.median_secs),
            ratio(more.speed_up),
        ));
    }
    sentence
}

/// Returns the largest number of connections if it is clearly slower than the best one.
fn slower_again<'a>(sweep: &Sweep, best: &Summary, all: &'a [Summary]) -> Option<&'a Summary> {
    let most = all.iter().max_by_key(|summary| summary.value)?;
    let is_slower = most.value > best.value
        && most.median_secs >= best.median_secs * SLOWER_AGAIN
        && most.min_secs > best.max_secs;
    (is_slower && matches!(sweep, Sweep::Connections(_))).then_some(most)
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
        return format!("Differences are within the spread of the runs, or below 5 %: {cause}.");
    };
    let spread = slowest
        .speed_up_interval
        .map(|(low, high)| spread((1.0 / high, 1.0 / low), slowest.runs.min(first.runs)))
        .unwrap_or_default();
    let compared = match sweep {
        Sweep::FileSize(_) => "times as long per byte",
        _ => "times as long",
    };
    let name = with_unit(sweep, first.value);
    let figure = figure(sweep, first);
    let verb = match sweep {
        Sweep::Connections(_) if first.value == 1 => "is",
        Sweep::FileSize(_) => "is",
        _ => "are",
    };
    let outcome = match (is_best, sweep) {
        (true, Sweep::FileSize(_)) => format!("{} has the best rate: {figure}", capital(&name)),
        (true, _) => format!("{} {verb} fastest: {figure}", capital(&name)),
        (false, _) => format!("Nothing was significantly faster than {name} ({figure})"),
    };
    format!(
        "{outcome}. {} took {} {compared}{spread}.",
        capital(&with_unit(sweep, slowest.value)),
        ratio(1.0 / slowest.speed_up),
    )
}

/// The spread of a ratio: the range of few runs, or the confidence interval of many.
fn spread(bounds: (f64, f64), runs: usize) -> String {
    let interval = interval(bounds);
    if runs < MIN_INTERVAL_RUNS {
        format!(" ({interval} in {runs} runs)")
    } else {
        format!(" (95 % bootstrap interval: {interval})")
    }
}

/// Returns the smallest value below the best one that is about as good.
fn as_good<'a>(best: &Summary, all: &'a [Summary]) -> Option<&'a Summary> {
    all.iter()
        .filter(|summary| summary.value < best.value)
        .filter(|summary| summary.median_secs <= best.median_secs * MIN_EFFECT)
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
mod tests;
