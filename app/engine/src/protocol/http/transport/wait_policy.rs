//! Decides how long a connection waits for its next byte.
//!
//! A connection that alone brings the file is given all the time that the limits allow: a server may need
//! minutes before its first byte, and another request only makes more work. A connection among others
//! that receive is replaced within seconds. If nothing arrives at all, a second request after these seconds
//! shows whether a new connection continues the file (`worker/second_request`). Each failure doubles these
//! seconds, for servers that are always slow.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::Timeout;

use super::wake_condition::WakeCondition;
use crate::model::time_limits::TimeLimits;
use crate::telemetry::download_liveness::DownloadLiveness;

/// Time limit from the first byte of a response head to its end, also if it arrives byte by byte.
const HEAD_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest silence within a response head, which servers send at once.
const HEAD_SILENCE: Duration = Duration::from_secs(8);
/// Shortest wait for the first byte of a response, while other connections receive.
pub(crate) const FIRST_BYTE: Duration = Duration::from_secs(8);
/// Shortest wait of the patient connection for the first byte of a response, while nothing arrives.
const PATIENT_FIRST_BYTE: Duration = Duration::from_secs(60);
/// Time limit of the connect for a second request.
const SECOND_CONNECT: Duration = Duration::from_secs(5);
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
    flow: Arc<DownloadLiveness>,
    /// Set if the connection waits long for a first byte, also from a server that was fast before.
    is_patient: bool,
    interrupt: WakeCondition,
}

impl WaitPolicy {
    /// Creates the policy of a worker of a download with this `flow`, after this many failures.
    pub fn new(limits: TimeLimits, failures: usize, flow: &Arc<DownloadLiveness>) -> Self {
        Self {
            limits,
            failures: u32::try_from(failures).unwrap_or(u32::MAX),
            flow: Arc::clone(flow),
            is_patient: false,
            interrupt: WakeCondition::default(),
        }
    }

    /// Lets the connection wait long for a first byte while nothing arrives, also from a server that was fast
    /// before. One connection of a download does: if the server is slow, its request is answered in the end.
    /// The others ask again, since the server may serve only so many.
    pub fn patient(self, is_patient: bool) -> Self {
        Self { is_patient, ..self }
    }

    /// Returns the policy of a second request, which is abandoned once `interrupt` holds.
    pub fn of_second_request(self, interrupt: WakeCondition) -> Self {
        let mut limits = self.limits;
        limits.connect = limits.connect.min(SECOND_CONNECT);
        Self {
            limits,
            interrupt,
            ..self
        }
    }

    /// Returns the condition that ends waits early.
    pub fn interrupt(&self) -> &WakeCondition {
        &self.interrupt
    }

    /// Returns the time limit of one connect.
    pub fn connect(&self) -> Duration {
        self.limits.connect
    }

    /// Returns the longest wait for the first byte of a response. `is_new` if it is the first one over its
    /// connection: an idle one may be lost.
    pub fn first_byte(&self, is_new: bool) -> Duration {
        let (most, latency) = (self.limits.first_byte(), self.flow.latency());
        let least = match self.flow.is_flowing() {
            true => FIRST_BYTE,
            // Nothing shows that the server is ever faster.
            false if latency.is_zero() => return most,
            false if self.is_patient && is_new => PATIENT_FIRST_BYTE,
            false => FIRST_BYTE,
        };
        self.doubled(least.max(latency * LATENCY_FACTOR)).min(most)
    }

    /// Returns the time in a response without a byte after which the connection is lost.
    pub fn silence(&self) -> Duration {
        self.limits.within_response()
    }

    /// Returns the longest wait within a response, of a connection whose gaps suggest `adaptive`. If it is
    /// shorter than [`Self::silence`], the connection may be read on after it.
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

    fn policy(
        silence: Option<Duration>,
        failures: usize,
        flow: &Arc<DownloadLiveness>,
    ) -> WaitPolicy {
        let limits = TimeLimits {
            silence,
            ..TimeLimits::default()
        };
        WaitPolicy::new(limits, failures, flow)
    }

    #[test]
    fn a_lone_connection_waits_for_minutes_and_one_among_others_for_seconds() {
        let flow: Arc<DownloadLiveness> = Arc::default();
        assert_eq!(policy(None, 0, &flow).first_byte(true), 600 * SECOND);
        assert_eq!(
            policy(Some(5 * SECOND), 0, &flow).first_byte(true),
            5 * SECOND
        );
        flow.record_rate(1e6);
        assert_eq!(policy(None, 0, &flow).first_byte(true), FIRST_BYTE);
        assert_eq!(policy(None, 2, &flow).first_byte(true), FIRST_BYTE * 4);
        // Nothing arrives, from a server that has responded before.
        let flow: Arc<DownloadLiveness> = Arc::default();
        flow.record_latency(SECOND);
        assert_eq!(policy(None, 0, &flow).first_byte(true), FIRST_BYTE);
        let patient = |failures| policy(None, failures, &flow).patient(true).first_byte(true);
        assert_eq!((patient(0), patient(1)), (60 * SECOND, 120 * SECOND));
        let idle = policy(None, 0, &flow).patient(true).first_byte(false);
        assert_eq!(idle, FIRST_BYTE);
        assert_eq!(
            policy(Some(5 * SECOND), 2, &flow).first_byte(true),
            5 * SECOND
        );
        // The server is always slow.
        flow.record_latency(40 * SECOND);
        assert_eq!(policy(None, 0, &flow).first_byte(true), 120 * SECOND);
    }

    #[test]
    fn a_response_without_ranges_may_pause_for_a_minute() {
        let flow: Arc<DownloadLiveness> = Arc::default();
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
