//! Robust statistics of small samples of completion times.
//!
//! Completion times have a lower bound and a long upper tail. All functions therefore use medians
//! and quantiles instead of means and standard deviations.

use lanes_shared::quantile::quantile_of_sorted;

pub use lanes_shared::quantile::quantile;

use crate::lab::run::random::Random;

/// Number of resamples of a bootstrap interval.
pub const RESAMPLES: usize = 2000;

/// Returns the median; `None` without values.
pub fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// Number of values of a side from which an interval has its nominal coverage.
pub const MIN_INTERVAL_RUNS: usize = 5;

/// Returns the 95 % confidence interval of `median(a) / median(b)`: the percentile bootstrap of Efron
/// and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13, with [`RESAMPLES`]
/// resamples of both sides, drawn with `seed`. `None` with fewer than two values on a side.
///
/// With fewer than [`MIN_INTERVAL_RUNS`] values on a side it is the range of their ratios, since an
/// interval of so few would contain the true ratio less often than it says.
pub fn ratio_interval(a: &[f64], b: &[f64], seed: u64) -> Option<(f64, f64)> {
    if a.len() < 2 || b.len() < 2 {
        return None;
    }
    if a.len().min(b.len()) < MIN_INTERVAL_RUNS {
        let ((low_a, high_a), (low_b, high_b)) = (ends(a), ends(b));
        return Some((low_a / high_b, high_a / low_b));
    }
    let mut random = Random::new(seed, 0);
    let mut buffer = Vec::with_capacity(a.len().max(b.len()));
    let mut ratios: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            resampled_median(a, &mut buffer, &mut random)
                / resampled_median(b, &mut buffer, &mut random)
        })
        .collect();
    ratios.sort_by(f64::total_cmp);
    Some((
        quantile_of_sorted(&ratios, 0.025)?,
        quantile_of_sorted(&ratios, 0.975)?,
    ))
}

/// Returns the smallest and the largest value.
fn ends(values: &[f64]) -> (f64, f64) {
    let start = (f64::INFINITY, f64::NEG_INFINITY);
    let widen = |(low, high): (f64, f64), value: &f64| (low.min(*value), high.max(*value));
    values.iter().fold(start, widen)
}

/// Returns the median of a resample of `values`, drawn with replacement; `values` is not empty.
fn resampled_median(values: &[f64], buffer: &mut Vec<f64>, random: &mut Random) -> f64 {
    buffer.clear();
    buffer.extend((0..values.len()).map(|_| values[random.below(values.len())]));
    // Selects the middle only: with many runs, sorting would take most of the time of an experiment.
    let middle = buffer.len() / 2;
    let (below, at, _) = buffer.select_nth_unstable_by(middle, f64::total_cmp);
    let at = *at;
    match below.iter().copied().reduce(f64::max) {
        Some(before) if values.len().is_multiple_of(2) => f64::midpoint(before, at),
        _ => at,
    }
}

/// Returns the outliers of `values`: those with a modified z-score above 3.5 (Iglewicz and Hoaglin,
/// "How to Detect and Handle Outliers", 1993). Fewer than five values have none, and neither have
/// values of which more than half are equal.
pub fn outliers(values: &[f64]) -> Vec<f64> {
    let Some(middle) = median(values).filter(|_| values.len() >= 5) else {
        return Vec::new();
    };
    let distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    let typical = median(&distances).unwrap_or(0.0);
    let far = |value: &f64| typical > 0.0 && 0.6745 * (value - middle).abs() / typical > 3.5;
    values.iter().copied().filter(far).collect()
}

/// The spread of values as a box plot shows it (Tukey, "Exploratory Data Analysis", 1977).
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// First quartile, median and third quartile.
    pub quartiles: [f64; 3],
    /// Smallest and largest value within 1.5 interquartile ranges of the quartiles.
    pub whiskers: (f64, f64),
    /// The values beyond the whiskers.
    pub beyond: Vec<f64>,
}

impl Spread {
    /// Returns the spread of `values`; `None` without values.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let quartile = |q| quantile_of_sorted(&sorted, q);
        let quartiles = [quartile(0.25)?, quartile(0.5)?, quartile(0.75)?];
        let reach = 1.5 * (quartiles[2] - quartiles[0]);
        let within = quartiles[0] - reach..=quartiles[2] + reach;
        let (near, beyond): (Vec<f64>, Vec<f64>) =
            sorted.iter().partition(|value| within.contains(value));
        Some(Self {
            quartiles,
            // A quartile may lie between two values; a whisker must not end inside the box.
            whiskers: (
                near.first()?.min(quartiles[0]),
                near.last()?.max(quartiles[2]),
            ),
            beyond,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_equal_those_of_r_and_numpy() {
        // numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], q)
        let values = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
        for (q, expected) in [(0.0, 1.0), (0.25, 1.75), (0.5, 3.5), (0.9, 6.9), (1.0, 9.0)] {
            let found = quantile(&values, q).unwrap();
            assert!((found - expected).abs() < 1e-12, "{q}: {found}");
        }
        assert_eq!(median(&[2.5]), Some(2.5));
        assert_eq!(median(&[1.0, 2.0]), Some(1.5));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn an_interval_needs_two_values_on_each_side() {
        assert_eq!(ratio_interval(&[1.0], &[1.0, 2.0], 1), None);
        assert_eq!(ratio_interval(&[1.0, 2.0], &[], 1), None);
        assert_eq!(
            ratio_interval(&[4.0, 4.0], &[2.0, 2.0], 1),
            Some((2.0, 2.0))
        );
    }

    #[test]
    fn few_values_have_the_range_of_their_ratios() {
        let (low, high) = ratio_interval(&[8.0, 9.0, 10.0], &[1.0, 1.5, 2.0], 1).unwrap();
        assert_eq!((low, high), (4.0, 10.0));
    }

    #[test]
    fn equal_seeds_give_equal_intervals() {
        let (a, b) = ([3.0, 3.3, 3.1, 3.9, 3.2], [1.0, 1.2, 1.1, 1.3, 0.9]);
        assert_eq!(ratio_interval(&a, &b, 5), ratio_interval(&a, &b, 5));
    }

    /// With samples of a known distribution, the interval must contain the true ratio about as often
    /// as its level says. A percentile interval of 15 values is slightly too narrow.
    #[test]
    fn the_interval_covers_the_true_ratio() {
        let mut random = Random::new(11, 0);
        let mut draw = |scale: f64| -> Vec<f64> {
            let mut one = || random.below(1 << 20) as f64 / f64::from(1 << 20);
            (0..15)
                .map(|_| scale * (1.0 + one() + one() + one()))
                .collect()
        };
        let rounds = 200;
        let covered = (0..rounds)
            .filter(|round| {
                let (low, high) = ratio_interval(&draw(2.0), &draw(1.0), *round).unwrap();
                (low..=high).contains(&2.0)
            })
            .count();
        assert!((176..=200).contains(&covered), "{covered} of {rounds}");
    }

    #[test]
    fn the_median_of_a_resample_is_the_median_of_its_values() {
        let mut random = Random::new(2, 0);
        let mut buffer = Vec::new();
        for values in [&[1.0, 2.0][..], &[5.0, 1.0, 3.0], &[4.0, 1.0, 2.0, 9.0]] {
            for _ in 0..100 {
                let found = resampled_median(values, &mut buffer, &mut random);
                assert_eq!(Some(found), median(&buffer));
            }
        }
    }

    #[test]
    fn outliers_are_found() {
        assert_eq!(outliers(&[1.0, 1.1, 0.9, 1.05, 5.0]), [5.0]);
        assert!(outliers(&[1.0, 1.1, 1.2, 5.0]).is_empty(), "too few values");
        assert!(outliers(&[1.0, 1.0, 1.0, 1.0, 9.0]).is_empty());
        assert!(outliers(&[]).is_empty());
    }

    #[test]
    fn a_box_holds_half_of_the_values_and_lists_those_beyond_the_whiskers() {
        let spread = Spread::of(&[5.0, 1.0, 2.0, 3.0, 4.0, 20.0]).unwrap();
        assert_eq!(spread.quartiles, [2.25, 3.5, 4.75]);
        assert_eq!(
            (spread.whiskers, spread.beyond.as_slice()),
            ((1.0, 5.0), &[20.0][..])
        );
        let one = Spread::of(&[7.0]).unwrap();
        assert_eq!((one.quartiles, one.whiskers), ([7.0; 3], (7.0, 7.0)));
        assert_eq!(Spread::of(&[]), None);
    }
}
