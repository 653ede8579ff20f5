//! A shuffle that needs no memory: any packet's place in a shuffled run is computed, not stored.
//!
//! Packets of a run sent in shuffled order show that the file is rebuilt from packet ids alone.
//! The order is a pseudo-random permutation: a four-round Feistel network on the next even number
//! of bits, walked until the value falls inside the run (Black and Rogaway, "Ciphers with
//! Arbitrary Finite Domains", 2002).

/// A permutation of `0..len`, chosen by a seed.
#[derive(Debug, Clone, Copy)]
pub struct Shuffle {
    len: u64,
    half_bits: u32,
    seed: u64,
}

impl Shuffle {
    /// The permutation of `0..len` that `seed` names.
    pub fn new(len: u64, seed: u64) -> Self {
        let bits = u64::BITS - len.saturating_sub(1).leading_zeros();
        Self {
            len,
            half_bits: bits.div_ceil(2).max(1),
            seed,
        }
    }

    /// What stands at `place` of the shuffled order. `place` must be below the length; a place
    /// beyond it is returned as it is.
    pub fn at(&self, place: u64) -> u64 {
        if place >= self.len {
            return place;
        }
        let mut value = place;
        // The network permutes at most four times as many values as the run has, so this walk
        // takes four steps on average, and it always comes back inside because it is a cycle.
        loop {
            value = self.round_trip(value);
            if value < self.len {
                return value;
            }
        }
    }

    fn round_trip(&self, value: u64) -> u64 {
        let mask = (1u64 << self.half_bits) - 1;
        let (mut left, mut right) = (value >> self.half_bits, value & mask);
        for round in 0..4 {
            let mixed = mix(self.seed ^ mix(right ^ (round << 60)));
            (left, right) = (right, left ^ (mixed & mask));
        }
        (left << self.half_bits) | right
    }
}

/// The finisher of `SplitMix64` (Steele, Lea, Flood 2014): every input bit moves every output bit.
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
        fn every_place_is_taken_once(len in 0u64..5000, seed: u64) {
            let shuffle = Shuffle::new(len, seed);
            let mut seen: Vec<u64> = (0..len).map(|place| shuffle.at(place)).collect();
            seen.sort_unstable();
            prop_assert!(seen.into_iter().eq(0..len));
        }

        #[test]
        fn long_runs_stay_inside(len in 1u64..u64::MAX >> 4, place: u64, seed: u64) {
            prop_assert!(Shuffle::new(len, seed).at(place % len) < len);
        }
    }

    #[test]
    fn it_shuffles_and_the_seed_chooses() {
        let order = |seed| {
            (0..1000)
                .map(|p| Shuffle::new(1000, seed).at(p))
                .collect::<Vec<_>>()
        };
        assert_ne!(order(1), order(2));
        let in_place = order(1)
            .iter()
            .enumerate()
            .filter(|(i, v)| *i as u64 == **v)
            .count();
        assert!(in_place < 10, "{in_place} of 1000 packets did not move");
    }
}
