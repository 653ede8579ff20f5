//! Statistics of how bytes arrive: variation of the rates, bursts per round trip, pauses.

use super::facts::{BIN, ConnectionFacts};

/// Fewest cycles that show their period.
const MIN_CYCLES: usize = 5;
/// Pauses between cycles that are tried, in seconds.
const PAUSES: [f64; 4] = [0.005, 0.012, 0.025, 0.05];
/// A pause of more than this many round trips is a gap: a lost packet costs one more.
const GAP: f64 = 1.2;
/// Pauses that are a larger share of all are usual.
const USUAL: f64 = 0.3;
/// Bins that are added up before their variation is measured: one second.
const BINS: usize = 4;

/// Variation of rates over the bins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Variation {
    /// Relative standard deviation of the sum of all connections.
    pub sum: f64,
    /// Relative standard deviation of one connection, in the median.
    pub each: f64,
    /// Variance of the sum divided by the sum of the variances: 1 if the connections vary
    /// independently of each other, near 0 if one gets what another loses.
    pub independence: f64,
}

/// Bytes that arrive again and again after the same time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cycle {
    /// Bytes per period, in the median.
    pub bytes: f64,
    /// Period in seconds, in the median.
    pub period: f64,
    /// Median deviation of bytes or of periods, whichever is greater, as a share.
    pub irregularity: f64,
}

/// Returns the variation of the rates.
pub(super) fn variation(connections: &[ConnectionFacts]) -> Variation {
    let series: Vec<Vec<f64>> = connections.iter().map(bins).collect();
    let count = series.iter().map(Vec::len).min().unwrap_or(0);
    let sum: Vec<f64> = (0..count)
        .map(|bin| series.iter().map(|bins| bins[bin]).sum())
        .collect();
    let variances: f64 = series.iter().map(|bins| variance(bins)).sum();
    Variation {
        sum: relative_deviation(&sum),
        each: median(series.iter().map(|bins| relative_deviation(bins)).collect()),
        independence: variance(&sum) / variances.max(1e-9),
    }
}

/// Returns the difference between the slowest and the fastest connection as a share of the mean.
pub(super) fn spread(connections: &[ConnectionFacts]) -> f64 {
    let totals: Vec<f64> = connections
        .iter()
        .map(|one| one.bins.iter().sum::<u64>() as f64)
        .collect();
    let (low, high) = totals
        .iter()
        .fold((f64::MAX, 0.0_f64), |(low, high), total| {
            (low.min(*total), high.max(*total))
        });
    (high - low) / mean(&totals).max(1.0)
}

/// Returns the most regular cycle of a connection.
pub(super) fn cycle(connection: &ConnectionFacts) -> Option<Cycle> {
    let cycles = PAUSES
        .iter()
        .filter_map(|pause| cycle_between(connection, *pause));
    cycles.min_by(|a, b| a.irregularity.total_cmp(&b.irregularity))
}

/// Returns the cycle between pauses of this length.
fn cycle_between(connection: &ConnectionFacts, pause: f64) -> Option<Cycle> {
    let mut groups: Vec<(f64, f64, f64)> = Vec::new();
    for burst in &connection.bursts {
        match groups.last_mut() {
            Some(last) if burst.0 - last.1 < pause => {
                (last.1, last.2) = (burst.1, last.2 + burst.2 as f64);
            }
            _ => groups.push((burst.0, burst.1, burst.2 as f64)),
        }
    }
    // The first and the last may be parts.
    let whole = groups.get(1..groups.len().saturating_sub(1))?;
    if whole.len() < MIN_CYCLES {
        return None;
    }
    let sizes: Vec<f64> = whole.iter().map(|group| group.2).collect();
    let periods: Vec<f64> = whole.windows(2).map(|two| two[1].0 - two[0].0).collect();
    let (bytes, period) = (median(sizes.clone()), median(periods.clone()));
    Some(Cycle {
        bytes,
        period,
        irregularity: deviation(&sizes, bytes).max(deviation(&periods, period)),
    })
}

/// Returns the number of gaps of a connection per second, if the round trip takes so many seconds. Long pauses
/// that are usual are none.
pub(super) fn gaps(connection: &ConnectionFacts, round_trip: f64) -> f64 {
    let pauses = connection.bursts.windows(2).map(|two| two[1].0 - two[0].1);
    let count = pauses.filter(|pause| *pause >= GAP * round_trip).count();
    let is_usual = count as f64 > USUAL * connection.bursts.len() as f64;
    if is_usual {
        return 0.0;
    }
    count as f64 / (connection.bins.len() as f64 * BIN.as_secs_f64()).max(1e-3)
}

/// Returns the bytes of each second, or of each half if there are only a few.
fn bins(connection: &ConnectionFacts) -> Vec<f64> {
    let per = if connection.bins.len() >= 3 * BINS {
        BINS
    } else {
        BINS / 2
    };
    let seconds = connection.bins.chunks_exact(per);
    seconds
        .map(|bins| bins.iter().sum::<u64>() as f64)
        .collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

fn variance(values: &[f64]) -> f64 {
    let mean = mean(values);
    let squares = values.iter().map(|value| (value - mean).powi(2));
    squares.sum::<f64>() / values.len().max(1) as f64
}

fn relative_deviation(values: &[f64]) -> f64 {
    variance(values).sqrt() / mean(values).max(1.0)
}

/// Returns the median, 0 of none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Returns the median deviation from the median, as a share of it.
pub(super) fn irregularity(values: &[f64]) -> f64 {
    deviation(values, median(values.to_vec()))
}

/// Returns the median deviation from `center`, as a share of it.
fn deviation(values: &[f64], center: f64) -> f64 {
    let deviations = values.iter().map(|value| (value - center).abs());
    median(deviations.collect()) / center.max(1e-9)
}
