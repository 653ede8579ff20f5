//! Assigns the revalidation of a complete file to one connection: a last request for its validators, its
//! length and some of its bytes.
//!
//! A file that is overwritten while its only response runs leaves no trace in that response. So a download
//! that took longer than a second asks once more after the last byte.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A download that took no longer is not checked.
pub(super) const MIN_DOWNLOAD: Duration = Duration::from_secs(1);
/// Longest wait for the response. A server that takes longer does not delay a complete file further.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// Assigns the revalidation to one connection, and tells the coordinator when it is over.
#[derive(Default)]
pub(crate) struct RevalidationDuty {
    /// Time at which the file was complete, if a revalidation is due.
    due: OnceLock<Instant>,
    claimed: AtomicBool,
    /// Set while bytes are compared, which may take longer than a response.
    is_comparing: AtomicBool,
    is_over: AtomicBool,
}

impl RevalidationDuty {
    /// Makes the revalidation due.
    pub(super) fn set_due(&self) {
        let _ = self.due.set(Instant::now());
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
        let is_late = || !self.is_comparing.load(Ordering::Acquire) && due.elapsed() > MAX_WAIT;
        self.is_over.load(Ordering::Acquire) || is_late()
    }
}
