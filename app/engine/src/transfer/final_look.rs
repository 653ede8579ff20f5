//! The last request of a download: it looks once more at the validators, the length and some bytes of the
//! file.
//!
//! A file that is overwritten while its only response runs leaves no trace in that response. So a download
//! that took longer than a second asks once more behind the last byte.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A download that took no longer is not checked.
pub(super) const MIN_DOWNLOAD: Duration = Duration::from_secs(1);
/// Longest wait for the response. A server that takes longer does not delay a complete file further.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// Assigns the look to one connection, and tells the coordinator when it is over.
#[derive(Default)]
pub(crate) struct FinalLook {
    /// Time at which the file was complete, if a look is due.
    due: OnceLock<Instant>,
    claimed: AtomicBool,
    /// Set while bytes are compared, which may take longer than a response.
    is_comparing: AtomicBool,
    is_over: AtomicBool,
}

impl FinalLook {
    /// Makes the look due.
    pub(super) fn set_due(&self) {
        let _ = self.due.set(Instant::now());
    }

    /// Returns whether the caller must look: it is due, and no other connection does.
    pub fn claim(&self) -> bool {
        self.due.get().is_some() && !self.claimed.swap(true, Ordering::AcqRel)
    }

    /// Records that bytes are compared.
    pub fn begin_comparison(&self) {
        self.is_comparing.store(true, Ordering::Release);
    }

    /// Records the end of the look.
    pub fn finish(&self) {
        self.is_over.store(true, Ordering::Release);
    }

    /// Returns whether no look is due, or it is over, or takes too long.
    pub fn is_settled(&self) -> bool {
        let Some(due) = self.due.get() else {
            return true;
        };
        let is_late = || !self.is_comparing.load(Ordering::Acquire) && due.elapsed() > MAX_WAIT;
        self.is_over.load(Ordering::Acquire) || is_late()
    }
}
