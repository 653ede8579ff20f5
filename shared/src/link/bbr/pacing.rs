//! Pacing: segments leave in bursts of about one millisecond at the pacing rate.
//!
//! A host sends a burst as one unit to its network card, so its length shows on the path. A burst
//! that leaves late shortens the wait for the next one by at most half.

use super::Ns;
use crate::link::{INITIAL_WINDOW, MSS};

/// Share of the bandwidth at which the sender paces, so that it does not build a queue by itself.
const MARGIN: f64 = 0.99;
/// Duration of a burst, in seconds (2⁻¹⁰).
const BURST_SECS: f64 = 1.0 / 1024.0;
/// Longest burst, in segments.
const MAX_BURST: u32 = 45;
/// Rate below which a burst is one segment, in segments per second (1.2 Mbit/s).
const SINGLE_RATE: f64 = 1_200_000.0 / 8.0 / MSS as f64;

/// Times of the next segments.
#[derive(Debug, Clone)]
pub(super) struct Pacing {
    /// Rate in segments per second, margin included.
    rate: f64,
    next: Ns,
    /// Segments and bytes of the burst that is being sent.
    burst: u32,
    burst_bytes: u64,
    /// Segments sent. The first window is not paced.
    sent: u32,
}

impl Pacing {
    /// Creates the pacing of a flow that starts at `rate`, in segments per second.
    pub(super) fn new(rate: f64) -> Self {
        Self {
            rate: rate * MARGIN,
            next: 0,
            burst: 0,
            burst_bytes: 0,
            sent: 0,
        }
    }

    /// Returns the rate in segments per second, margin included, so that it compares with rates
    /// that were set.
    pub(super) fn rate(&self) -> f64 {
        self.rate / MARGIN
    }

    /// Sets the rate, in segments per second.
    pub(super) fn set_rate(&mut self, rate: f64) {
        if rate > 0.0 {
            self.rate = rate * MARGIN;
        }
    }

    /// Returns the length of a burst at the current rate, in segments.
    pub(super) fn burst_len(&self) -> u32 {
        let least = if self.rate < SINGLE_RATE { 1 } else { 2 };
        ((self.rate * BURST_SECS) as u32).clamp(least, MAX_BURST)
    }

    /// Returns the time of the next burst, if that is after `now` and no burst is being sent.
    pub(super) fn next(&self, now: Ns) -> Option<Ns> {
        (self.burst == 0 && self.next > now).then_some(self.next)
    }

    /// Records a segment of `len` bytes.
    pub(super) fn on_sent(&mut self, now: Ns, len: u16) {
        self.burst += 1;
        self.burst_bytes += u64::from(len);
        if self.burst >= self.burst_len() {
            self.end_burst(now);
        }
    }

    /// Ends the burst and schedules the next one.
    pub(super) fn end_burst(&mut self, now: Ns) {
        if self.burst == 0 {
            return;
        }
        self.sent = self.sent.saturating_add(self.burst);
        if self.sent > INITIAL_WINDOW {
            let wait = self.burst_bytes as f64 / MSS as f64 / self.rate * 1e9;
            let late = now.saturating_sub(self.next) as f64;
            self.next = self.next.max(now) + (wait - late.min(wait / 2.0)) as Ns;
        }
        (self.burst, self.burst_bytes) = (0, 0);
    }
}
