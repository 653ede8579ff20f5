//! PIE (RFC 8033): drops arriving packets with a probability that follows the delay of the queue.

use crate::link::random::{Draw, uniform};
use crate::link::{MTU, Ns, secs};

/// Delay that the queue is held at, in nanoseconds.
const TARGET: Ns = 15_000_000;
/// Interval of the updates of the probability.
const UPDATE_INTERVAL: Ns = 15_000_000;
/// Time at the start of a busy period in which nothing is dropped.
const MAX_BURST: Ns = 150_000_000;
/// Weights of the delay above the target and of its growth, per second.
const ALPHA: f64 = 0.125;
const BETA: f64 = 1.25;
/// Delay above which the probability grows faster.
const HIGH_DELAY: Ns = 250_000_000;
/// Decay of the probability while the queue is empty.
const DECAY: f64 = 0.98;

/// State of the controller, with the names of RFC 8033.
#[derive(Debug, Clone)]
pub(in crate::link) struct Pie {
    drop_prob: f64,
    qdelay_old: Ns,
    burst_allowance: Ns,
    next_update: Ns,
    draws: u64,
    seed: u64,
}

impl Pie {
    pub(in crate::link) fn new(seed: u64) -> Self {
        Self {
            drop_prob: 0.0,
            qdelay_old: 0,
            burst_allowance: MAX_BURST,
            next_update: UPDATE_INTERVAL,
            draws: 0,
            seed,
        }
    }

    /// Returns whether a packet that arrives at `now` is dropped. The link of the queue is free at
    /// `free_at`, and `queued` bytes are waiting.
    pub(in crate::link) fn should_drop(&mut self, now: Ns, free_at: Ns, queued: f64) -> bool {
        self.update_until(now, free_at);
        if self.burst_allowance > 0 {
            return false;
        }
        if (self.qdelay_old < TARGET / 2 && self.drop_prob < 0.2) || queued <= 2.0 * MTU as f64 {
            return false;
        }
        self.draws += 1;
        uniform(self.seed, 0, Draw::Queue, self.draws) < self.drop_prob
    }

    /// Makes the updates that are due: nothing arrived meanwhile, so the delay at each of them is
    /// known.
    fn update_until(&mut self, now: Ns, free_at: Ns) {
        // An idle queue has forgotten everything after so many updates.
        const MOST_UPDATES: Ns = 2000 * UPDATE_INTERVAL;
        self.next_update = self.next_update.max(now.saturating_sub(MOST_UPDATES));
        while self.next_update <= now {
            self.update(free_at.saturating_sub(self.next_update));
            self.next_update += UPDATE_INTERVAL;
        }
    }

    fn update(&mut self, qdelay: Ns) {
        let mut change =
            ALPHA * (secs(qdelay) - secs(TARGET)) + BETA * (secs(qdelay) - secs(self.qdelay_old));
        change /= match self.drop_prob {
            p if p < 0.000_001 => 2048.0,
            p if p < 0.000_01 => 512.0,
            p if p < 0.000_1 => 128.0,
            p if p < 0.001 => 32.0,
            p if p < 0.01 => 8.0,
            p if p < 0.1 => 2.0,
            _ => 1.0,
        };
        if self.drop_prob >= 0.1 {
            change = change.min(0.02);
        }
        if qdelay > HIGH_DELAY {
            change += 0.02;
        }
        self.drop_prob += change;
        if qdelay == 0 && self.qdelay_old == 0 {
            self.drop_prob *= DECAY;
        }
        self.drop_prob = self.drop_prob.clamp(0.0, 1.0);
        self.burst_allowance = self.burst_allowance.saturating_sub(UPDATE_INTERVAL);
        if self.drop_prob == 0.0 && qdelay < TARGET / 2 && self.qdelay_old < TARGET / 2 {
            self.burst_allowance = MAX_BURST;
        }
        self.qdelay_old = qdelay;
    }
}
