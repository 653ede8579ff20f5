//! Assigns the revalidation of a complete file to one connection: a last request for its validators, its
//! length and some of its bytes.
//!
//! A file that is overwritten while its only response runs leaves no trace in that response. So a download
//! that took longer than a second asks once more after the last byte.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A download that took no longer is not checked.
pub(super) const MIN_DOWNLOAD: Duration = Duration::from_secs(1);
/// Longest wait for the response. A server that takes longer does not delay a complete file further.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// Longest silence before the response and in it, of a server that was fast before.
const MAX_SILENCE: Duration = Duration::from_secs(3);
/// A first byte may take this many times the longest latency of the download.
const LATENCY_FACTOR: u32 = 2;

/// Assigns the revalidation to one connection, and tells the coordinator when it is over.
#[derive(Default)]
pub(crate) struct FinalRecheckClaim {
    /// Time at which the file was complete, if a revalidation is due.
    due: OnceLock<Instant>,
    /// Longest silence.
    silence: OnceLock<Duration>,
    /// Milliseconds from that time to the latest byte.
    latest: AtomicU64,
    claimed: AtomicBool,
    /// Set while bytes are compared, which may take longer than a response.
    is_comparing: AtomicBool,
    is_over: AtomicBool,
}

impl FinalRecheckClaim {
    /// Makes the revalidation due, on a server of this latency.
    pub(super) fn set_due(&self, latency: Duration) {
        let silence = MAX_SILENCE.max(latency * LATENCY_FACTOR);
        let _ = self.silence.set(silence);
        let _ = self.due.set(Instant::now());
    }

    /// Records that bytes of a response arrived.
    pub fn record_bytes(&self) {
        if let Some(due) = self.due.get() {
            let millis = due.elapsed().as_millis() as u64;
            self.latest.store(millis, Ordering::Relaxed);
        }
    }

    /// Returns whether the caller must revalidate: that is due, and no other connection does.
    pub fn claim(&self) -> bool {
        self.due.get().is_some() && !self.claimed.swap(true, Ordering::AcqRel)
    }

    /// Records that bytes are compared.
    pub fn begin_comparison(&self) {
        self.is_comparing.store(true, Ordering::Release);
    }

    /// Records the end of the revalidation.
    pub fn finish(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    /// Returns whether no revalidation is due, or it is over, or takes too long.
    pub fn is_settled(&self) -> bool {
        let Some(due) = self.due.get() else {
            return true;
        };
        let silence = self.silence.get().copied().unwrap_or(MAX_SILENCE);
        let latest = Duration::from_millis(self.latest.load(Ordering::Relaxed));
        let is_late = || {
            let wait = MAX_WAIT.min(latest + silence);
            !self.is_comparing.load(Ordering::Acquire) && due.elapsed() > wait
        };
        self.is_over.load(Ordering::Acquire) || is_late()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a duty that is due since `since`, whose latest byte came `latest` after that.
    fn due(since: Duration, latest: Duration, latency: Duration) -> FinalRecheckClaim {
        let duty = FinalRecheckClaim::default();
        duty.set_due(latency);
        FinalRecheckClaim {
            due: Instant::now()
                .checked_sub(since)
                .map_or_else(OnceLock::new, OnceLock::from),
            latest: AtomicU64::new(latest.as_millis() as u64),
            ..duty
        }
    }

    #[test]
    fn a_silent_server_is_waited_for_3_s_and_a_slow_one_longer() {
        let secs = Duration::from_secs;
        for (since, latest, latency, is_settled) in [
            (2, 0, 0, false),
            (4, 0, 0, true),
            (4, 2, 0, false),
            (6, 2, 0, true),
            (4, 0, 4, false),
            (9, 0, 4, true),
            (11, 0, 9, true),
            (11, 10, 0, true),
        ] {
            let duty = due(secs(since), secs(latest), secs(latency));
            let case = (since, latest, latency);
            assert_eq!(duty.is_settled(), is_settled, "{case:?}");
            duty.begin_comparison();
            assert!(!duty.is_settled(), "{case:?}");
        }
        assert!(FinalRecheckClaim::default().is_settled());
    }
}
