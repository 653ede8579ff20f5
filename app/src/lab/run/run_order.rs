//! The order in which the values of an experiment are run.
//!
//! If all runs of one value came in a row, a minute of load from another program would affect that
//! value alone. Each round therefore runs every value once, in random order.

use super::random::Random;

/// Returns the values in the order of one round: each exactly once, shuffled (Fisher–Yates) by `seed`
/// and `round`.
pub(crate) fn shuffled<T: Clone>(values: &[T], round: u32, seed: u64) -> Vec<T> {
    let mut order = values.to_vec();
    let mut random = Random::new(seed, u64::from(round));
    for last in (1..order.len()).rev() {
        order.swap(last, random.below(last + 1));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_value_is_run_exactly_once_a_round(
            values in proptest::collection::vec(any::<u64>(), 0..40), round: u32, seed: u64,
        ) {
            let mut order = shuffled(&values, round, seed);
            prop_assert_eq!(&order, &shuffled(&values, round, seed));
            let mut values = values;
            values.sort_unstable();
            order.sort_unstable();
            prop_assert_eq!(order, values);
        }
    }

    #[test]
    fn round_and_seed_determine_the_order_and_all_orders_are_equally_likely() {
        let values: Vec<u64> = (0..20).collect();
        assert_ne!(shuffled(&values, 1, 1), shuffled(&values, 2, 1));
        assert_ne!(shuffled(&values, 1, 1), shuffled(&values, 1, 2));
        let mut seen = std::collections::BTreeMap::new();
        for round in 0..6000 {
            *seen.entry(shuffled(&[1, 2, 3], round, 7)).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 6);
        assert!(seen.values().all(|n| (850..1150).contains(n)), "{seen:?}");
    }
}
