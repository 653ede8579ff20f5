//! Significance: which values are faster or slower than the first beyond chance.

use super::summary::Summary;

/// Smallest ratio of two times that counts as a difference, however certain it is.
pub(crate) const MIN_EFFECT: f64 = 1.05;

/// Returns the best value: the fastest of those significantly faster than the first, or the first if
/// others are significantly slower. With a single run of some value, significance cannot be
/// computed; the fastest value is returned then. `None` if the differences may be due to chance.
pub(crate) fn best_value(summaries: &[Summary]) -> Option<&Summary> {
    let [first, .., _] = summaries else {
        return None;
    };
    // A value whose runs spread widely may have the best median and prove nothing.
    let is_unclear = has_single_runs(summaries);
    // A lower median that may be due to chance makes neither that value the best one nor the first.
    let first_is_best = || {
        summaries.iter().any(is_slower)
            && summaries
                .iter()
                .all(|summary| summary.speed_up <= first.speed_up)
    };
    summaries
        .iter()
        .filter(|summary| is_unclear || is_faster(summary))
        .max_by(|a, b| a.speed_up.total_cmp(&b.speed_up))
        .or_else(|| first_is_best().then_some(first))
}

/// Returns whether some value has a single run, so that no interval is known.
pub(crate) fn has_single_runs(summaries: &[Summary]) -> bool {
    summaries
        .iter()
        .any(|summary| summary.speed_up_interval.is_none())
}

/// Returns whether the value is faster than the first beyond chance, and by [`MIN_EFFECT`].
pub(crate) fn is_faster(summary: &Summary) -> bool {
    let interval = summary.speed_up_interval;
    interval.is_some_and(|(low, _)| low > 1.0) && summary.speed_up >= MIN_EFFECT
}

/// Returns whether the value is slower than the first beyond chance, and by [`MIN_EFFECT`].
pub(crate) fn is_slower(summary: &Summary) -> bool {
    let interval = summary.speed_up_interval;
    interval.is_some_and(|(_, high)| high < 1.0) && summary.speed_up <= 1.0 / MIN_EFFECT
}
