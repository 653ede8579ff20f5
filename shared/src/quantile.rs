//! Quantiles of a sample.

/// Returns the quantile `q` (0 to 1) of `values`, interpolated linearly between neighbours
/// (definition 7 of Hyndman and Fan, "Sample Quantiles in Statistical Packages", 1996). `None` for
/// an empty slice.
///
/// ```
/// use lanes_shared::quantile::quantile;
///
/// assert_eq!(quantile(&[4.0, 1.0, 3.0, 2.0], 0.5), Some(2.5));
/// ```
pub fn quantile(values: &[f64], q: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile_of_sorted(&sorted, q)
}

/// Like [`quantile`], for values that are already sorted.
pub fn quantile_of_sorted(sorted: &[f64], q: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let at = q.clamp(0.0, 1.0) * last as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(last);
    let share = at - below as f64;
    Some(sorted[below] + (sorted[above] - sorted[below]) * share)
}
