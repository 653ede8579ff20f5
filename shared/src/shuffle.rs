//! Shuffle without memory: the position of a packet in a shuffled run is computed, not stored.
//!
//! A run in shuffled order demonstrates that a file can be rebuilt from packet ids alone. The order
//! is a pseudo-random permutation: a four-round Feistel network on the next even number of bits,
//! iterated until the value falls inside the run (Black and Rogaway, "Ciphers with Arbitrary Finite
//! Domains", 2002).

/// A permutation of `0..len`, selected by a seed.
///
/// ```
/// use lanes_shared::shuffle::Shuffle;
///
/// let shuffle = Shuffle::new(10, 42);
/// let mut order: Vec<u64> = (0..10).map(|index| shuffle.at(index)).collect();
/// order.sort_unstable();
/// assert!(order.into_iter().eq(0..10));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Shuffle {
    len: u64,
    half_bits: u32,
    seed: u64,
}

impl Shuffle {
    /// Creates the permutation of `0..len` for `seed`.
    pub fn new(len: u64, seed: u64) -> Self {
        let bits = u64::BITS - len.saturating_sub(1).leading_zeros();
        Self {
            len,
            half_bits: bits.div_ceil(2).max(1),
            seed,
        }
    }

    /// Returns the element at `index` of the shuffled order. An index beyond the length is returned
    /// unchanged.
    pub fn at(&self, index: u64) -> u64 {
        if index >= self.len {
            return index;
        }
        let mut value = index;
        // The network permutes at most four times as many values as the run has, so the loop takes
        // four iterations on average. It ends, because the values form a cycle through `index`.
        loop {
            value = self.permute(value);
            if value < self.len {
                return value;
            }
        }
    }

    fn permute(&self, value: u64) -> u64 {
        let mask = (1u64 << self.half_bits) - 1;
        let (mut left, mut right) = (value >> self.half_bits, value & mask);
        for round in 0..4 {
            let mixed = mix(self.seed ^ mix(right ^ (round << 60)));
            (left, right) = (right, left ^ (mixed & mask));
        }
        (left << self.half_bits) | right
    }
}

/// Finalizer of `SplitMix64` (Steele, Lea, Flood 2014): every input bit affects every output bit.
pub(crate) fn mix(value: u64) -> u64 {
    let mut x = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn order_is_a_permutation(len in 0u64..5000, seed: u64) {
            let shuffle = Shuffle::new(len, seed);
            let mut seen: Vec<u64> = (0..len).map(|index| shuffle.at(index)).collect();
            seen.sort_unstable();
            prop_assert!(seen.into_iter().eq(0..len));
        }

        #[test]
        fn long_runs_stay_in_range(len in 1u64..u64::MAX >> 4, index: u64, seed: u64) {
            prop_assert!(Shuffle::new(len, seed).at(index % len) < len);
        }
    }

    #[test]
    fn order_is_shuffled_and_depends_on_the_seed() {
        let order = |seed| {
            (0..1000)
                .map(|p| Shuffle::new(1000, seed).at(p))
                .collect::<Vec<_>>()
        };
        assert_ne!(order(1), order(2));
        let unmoved = order(1)
            .iter()
            .enumerate()
            .filter(|(i, v)| *i as u64 == **v)
            .count();
        assert!(unmoved < 10, "{unmoved} of 1000 packets did not move");
    }
}
