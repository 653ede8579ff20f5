//! In which order the values of an experiment are run.
//!
//! Were all runs of one value made in a row, a minute in which something else loads the machine
//! would count against that value alone. So each round runs every value once, in random order.

use super::random::Random;

/// The values in the order of one round: every one exactly once, in an order that `seed` and
/// `round` choose (Fisher–Yates).
pub fn of_round<T: Clone>(values: &[T], round: u32, seed: u64) -> Vec<T> {
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
            let mut order = of_round(&values, round, seed);
            prop_assert_eq!(&order, &of_round(&values, round, seed));
            let mut values = values;
            values.sort_unstable();
            order.sort_unstable();
            prop_assert_eq!(order, values);
        }
    }

    #[test]
    fn rounds_and_seeds_choose_the_order_and_no_order_is_favoured() {
        let values: Vec<u64> = (0..20).collect();
        assert_ne!(of_round(&values, 1, 1), of_round(&values, 2, 1));
        assert_ne!(of_round(&values, 1, 1), of_round(&values, 1, 2));
        let mut seen = std::collections::BTreeMap::new();
        for round in 0..6000 {
            *seen.entry(of_round(&[1, 2, 3], round, 7)).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 6);
        assert!(seen.values().all(|n| (850..1150).contains(n)), "{seen:?}");
    }
}
