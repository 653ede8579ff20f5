//! Decides how long a connection waits for its next byte.
//!
//! A connection that alone brings the file is given all the time that the limits allow: a server may need
//! minutes before its first byte, and another request only makes more work. A connection among others
//! that receive, one to a server that was fast before, or one that a new connection could continue, is
//! replaced within seconds. Each failure doubles these seconds, for servers that are always slow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::Timeout;

use crate::model::time_limits::TimeLimits;
use crate::telemetry::flow::Flow;

/// Time limit from the first byte of a response head to its end, also if it arrives byte by byte.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest silence within a response head, which servers send at once.
const HEAD_SILENCE: Duration = Duration::from_secs(8);
/// Shortest wait for the first byte of a response.
pub(crate) const FIRST_BYTE: Duration = Duration::from_secs(8);
/// A first byte may take this many times the longest latency so far.
const LATENCY_FACTOR: u32 = 3;
/// Limit of the doublings after failures.
const MAX_DOUBLINGS: u32 = 6;

/// Returns the time until which to wait at `now` for the next byte of a head that began at `since`, and
/// the timeout that this enforces.
pub(crate) fn head_deadline(since: Instant, now: Instant) -> (Instant, Timeout) {
    let (end, silence) = (since + HEAD_TIMEOUT, now + HEAD_SILENCE);
    match end < silence {
        true => (end, Timeout::RecvResponse),
        false => (silence, Timeout::PerRead),
    }
}

/// The time limits of the connections of one worker.
#[derive(Debug, Clone, Default)]
pub(crate) struct WaitPolicy {
    limits: TimeLimits,
    /// Failures of the worker so far.
    failures: u32,
    flow: Arc<Flow>,
}

impl WaitPolicy {
    /// Creates the policy of a worker of a download with this `flow`, after this many failures.
    pub fn new(limits: TimeLimits, failures: usize, flow: &Arc<Flow>) -> Self {
        Self {
            limits,
            failures: u32::try_from(failures).unwrap_or(u32::MAX),
            flow: Arc::clone(flow),
        }
    }

    /// Returns the time limit of one connect.
    pub fn connect(&self) -> Duration {
        self.limits.connect
    }

    /// Returns the longest wait for the first byte of a response.
    pub fn first_byte(&self) -> Duration {
        let most = self.limits.first_byte();
        // Nothing shows that the server is ever faster.
        if !self.flow.is_flowing() && self.flow.latency().is_zero() {
            return most;
        }
        let least = FIRST_BYTE.max(self.flow.latency() * LATENCY_FACTOR);
        self.doubled(least).min(most)
    }

    /// Returns the longest wait within a response, of a connection whose gaps suggest `adaptive`.
    pub fn within_response(&self, adaptive: Duration) -> Duration {
        let most = self.limits.within_response();
        let is_replaceable =
            self.flow.is_resumable() && (self.limits.silence.is_none() || self.flow.is_flowing());
        match is_replaceable {
            true => self.doubled(adaptive).min(most),
            false => most,
        }
    }

    fn doubled(&self, time: Duration) -> Duration {
        time * (1 << self.failures.min(MAX_DOUBLINGS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn policy(silence: Option<Duration>, failures: usize, flow: &Arc<Flow>) -> WaitPolicy {
        let limits = TimeLimits {
            silence,
            ..TimeLimits::default()
        };
        WaitPolicy::new(limits, failures, flow)
    }

    #[test]
    fn a_lone_connection_waits_for_minutes_and_one_among_others_for_seconds() {
        let flow: Arc<Flow> = Arc::default();
        assert_eq!(policy(None, 0, &flow).first_byte(), 600 * SECOND);
        assert_eq!(policy(Some(5 * SECOND), 0, &flow).first_byte(), 5 * SECOND);
        flow.record_rate(1e6);
        assert_eq!(policy(None, 0, &flow).first_byte(), FIRST_BYTE);
        flow.record_rate(0.0);
        flow.record_latency(SECOND);
        assert_eq!(policy(None, 0, &flow).first_byte(), FIRST_BYTE);
        assert_eq!(policy(None, 2, &flow).first_byte(), FIRST_BYTE * 4);
        assert_eq!(policy(Some(5 * SECOND), 2, &flow).first_byte(), 5 * SECOND);
        // The server is always slow.
        flow.record_latency(20 * SECOND);
        assert_eq!(policy(None, 0, &flow).first_byte(), 60 * SECOND);
    }

    #[test]
    fn a_response_without_ranges_may_pause_for_a_minute() {
        let flow: Arc<Flow> = Arc::default();
        let within =
            |silence, failures| policy(silence, failures, &flow).within_response(5 * SECOND);
        assert_eq!(within(None, 0), 60 * SECOND);
        assert_eq!(within(Some(90 * SECOND), 0), 90 * SECOND);
        flow.set_resumable(true);
        assert_eq!(within(None, 0), 5 * SECOND);
        assert_eq!(within(None, 2), 20 * SECOND);
        assert_eq!(within(None, 9), 60 * SECOND);
        assert_eq!(within(Some(30 * SECOND), 0), 30 * SECOND);
        assert_eq!(within(Some(2 * SECOND), 0), 2 * SECOND);
        flow.record_rate(1e6);
        assert_eq!(within(Some(30 * SECOND), 0), 5 * SECOND);
    }
}
