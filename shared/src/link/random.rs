//! Random draws without a generator: a draw is a hash of its purpose and sequence number.
//!
//! With a shared generator the losses of every flow would depend on the order in which threads
//! draw. Here the same seed, flow key and sequence number always give the same value.

use crate::shuffle::mix;

/// Purpose of a draw; each has its own sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Draw {
    /// Loss of a transmission.
    Loss = 1,
    /// Time until the next stall.
    Stall = 2,
    /// Bytes until the next reset.
    Reset = 3,
    /// Shift of a start time.
    Phase = 4,
    /// Delay of an acknowledgement.
    Jitter = 5,
    /// Delay of a timer.
    Timer = 6,
    /// Phase in which BBR begins to probe for bandwidth.
    Cycle = 7,
    /// Drop by PIE.
    Queue = 8,
    /// Start and length of a burst of losses.
    Burst = 9,
    /// Delay of a packet.
    Delay = 10,
    /// Rate and deliveries of a generated trace.
    Trace = 11,
    /// Packet that is held back.
    Reorder = 12,
}

/// Returns a number in `0.0..1.0`, the same for the same four arguments.
pub fn uniform(seed: u64, key: u64, draw: Draw, sequence: u64) -> f64 {
    let hash = mix(mix(mix(seed ^ ((draw as u64) << 56)) ^ key) ^ sequence);
    // The upper 53 bits: the precision of a double.
    (hash >> 11) as f64 / (1u64 << 53) as f64
}

/// Returns an exponentially distributed number with this mean, the same for the same arguments.
pub fn exponential(mean: f64, seed: u64, key: u64, draw: Draw, sequence: u64) -> f64 {
    -mean * (1.0 - uniform(seed, key, draw, sequence)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_uniform_independent_and_reproducible() {
        let draws = |seed, key| -> Vec<f64> {
            (0..20_000)
                .map(|i| uniform(seed, key, Draw::Loss, i))
                .collect()
        };
        let (a, b) = (draws(1, 0), draws(1, 1448));
        assert_eq!(a, draws(1, 0));
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
        assert!((mean(&a) - 0.5).abs() < 0.01 && (mean(&b) - 0.5).abs() < 0.01);
        let together: f64 = a.iter().zip(&b).map(|(x, y)| (x - 0.5) * (y - 0.5)).sum();
        assert!(together.abs() / 20_000.0 < 0.003);
        let mean = (0..20_000)
            .map(|i| exponential(3.0, 1, 2, Draw::Stall, i))
            .sum::<f64>()
            / 20_000.0;
        assert!((mean - 3.0).abs() < 0.1, "{mean}");
    }
}
