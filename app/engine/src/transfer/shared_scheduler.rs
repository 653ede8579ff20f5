//! Shares the range scheduler among the workers: a mutex, a condition variable for idle workers, and the
//! target number of connections.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use super::transfer_context::TransferContext;
use crate::scheduling::range_scheduler::RangeScheduler;
use crate::sync;
use crate::sync::cancel::CancelToken;
use crate::sync::notify::Notify;

/// The range scheduler behind its mutex, with the notification for changes of it.
pub(crate) struct SharedScheduler {
    ranges: Mutex<RangeScheduler>,
    /// Notified when there may be work for an idle connection, or nothing left to wait for.
    notify: Arc<Notify>,
    /// Target number of connections; connections with a higher index are surplus.
    target_connections: AtomicUsize,
    is_complete: AtomicBool,
    cancel: CancelToken,
}

impl SharedScheduler {
    /// Creates a scheduler for this many connections. Their waits end when `cancel` is cancelled.
    pub fn new(connections: usize, notify: Arc<Notify>, cancel: CancelToken) -> Self {
        Self {
            ranges: Mutex::new(RangeScheduler::new(connections)),
            notify,
            target_connections: AtomicUsize::new(connections),
            is_complete: AtomicBool::new(false),
            cancel,
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, RangeScheduler> {
        // A panic under the lock leaves whole ranges, and the file is verified at the end anyway.
        sync::lock(&self.ranges)
    }

    pub(super) fn notify_all(&self) {
        self.notify.notify_all();
    }

    /// Wakes the connections that wait for work. The caller must not hold the lock.
    pub fn wake_idle(&self) {
        // Taking the lock once ensures that no connection is between its check and its wait.
        drop(self.lock());
        self.notify_all();
    }

    /// Returns the target number of connections.
    pub fn target_connections(&self) -> usize {
        self.target_connections.load(Ordering::Acquire)
    }

    /// Stores the target number of connections, without waking any.
    pub(super) fn store_target(&self, connections: usize) {
        self.target_connections
            .store(connections, Ordering::Release);
    }

    /// Sets the target number of connections.
    pub fn set_target_connections(&self, connections: usize) {
        self.store_target(connections);
        self.wake_idle();
    }

    /// Returns whether connection `index` exceeds the target.
    pub fn is_surplus(&self, index: usize) -> bool {
        index >= self.target_connections()
    }

    /// Returns whether the file has every byte.
    pub fn is_complete(&self) -> bool {
        self.is_complete.load(Ordering::Acquire)
    }

    /// Records that the file has every byte. Returns whether this is new.
    pub(super) fn set_complete(&self) -> bool {
        !self.is_complete.swap(true, Ordering::AcqRel)
    }

    /// See [`RangeScheduler::request_equal_segment`].
    pub fn request_equal_segment(&self, index: usize, limit: u64) -> bool {
        self.lock().request_equal_segment(index, limit)
    }

    /// See [`RangeScheduler::take_reserved`].
    pub fn take_reserved(&self, index: usize) -> Option<Range<u64>> {
        self.lock().take_reserved(index)
    }

    /// See [`RangeScheduler::claim_at`].
    pub fn claim_at(&self, index: usize, at: u64, limit: u64) -> Option<Range<u64>> {
        if self.is_surplus(index) {
            return None;
        }
        self.lock().claim_at(index, at, limit)
    }

    /// See [`RangeScheduler::unclaim`].
    pub fn unclaim(&self, index: usize, bytes: Range<u64>) {
        self.lock().unclaim(index, bytes);
        self.notify_all();
    }

    /// See [`RangeScheduler::unclaimed_of`].
    pub fn unclaimed_of(&self, index: usize) -> Range<u64> {
        self.lock().unclaimed_of(index)
    }

    /// See [`RangeScheduler::had_duplicates`].
    pub(super) fn had_duplicates(&self) -> bool {
        self.lock().had_duplicates()
    }

    /// Frees everything that connection `index` owned: it has ended and did not receive
    /// `unfinished`.
    pub fn release(
        &self,
        context: &TransferContext,
        index: usize,
        unfinished: impl IntoIterator<Item = Range<u64>>,
    ) {
        // The open file is read under the lock: it may appear while this waits for the lock.
        let mut ranges = self.lock();
        ranges.release(index, context.active(), unfinished);
        drop(ranges);
        self.notify_all();
    }

    /// Frees bytes that arrived damaged, so that any connection fetches them again.
    pub(super) fn requeue(&self, bytes: Range<u64>) {
        self.lock().requeue(bytes);
        self.notify_all();
    }

    /// Waits until there may be work for connection `index`, or nothing left to do; at most
    /// `timeout`.
    pub fn wait_for_work(&self, index: usize, timeout: Duration) {
        self.wait_until(index, timeout, |ranges| ranges.has_work_for(index));
    }

    /// As [`Self::wait_for_work`], for a connection that does not find stealing worthwhile.
    pub fn wait_for_free(&self, index: usize, timeout: Duration) {
        self.wait_until(index, timeout, |ranges| ranges.has_free_for(index));
    }

    /// Waits until a host permit may be available, or nothing is left to do; at most `timeout`.
    pub fn wait_for_permit(&self, timeout: Duration) {
        let ranges = self.lock();
        if !self.is_over() {
            drop(self.notify.wait_timeout(ranges, timeout));
        }
    }

    /// Waits for the next notification, or until nothing is left to do; at most `timeout`.
    pub fn wait_for_answer(&self, timeout: Duration) {
        self.wait_for_permit(timeout);
    }

    /// Waits while connection `index` exceeds the target; at most `timeout`.
    pub fn wait_if_surplus(&self, index: usize, timeout: Duration) {
        self.wait_while(timeout, |_| self.is_surplus(index));
    }

    /// Waits for the next notification, at most `timeout`, under a lock that the caller holds.
    pub(super) fn wait(&self, ranges: MutexGuard<'_, RangeScheduler>, timeout: Duration) {
        drop(self.notify.wait_timeout(ranges, timeout));
    }

    fn wait_until(&self, index: usize, timeout: Duration, found: impl Fn(&RangeScheduler) -> bool) {
        self.wait_while(timeout, |ranges| !found(ranges) && !self.is_surplus(index));
    }

    /// Waits while `condition` holds and the transfer is not over; at most `timeout`.
    fn wait_while(&self, timeout: Duration, condition: impl Fn(&RangeScheduler) -> bool) {
        let ranges = self.lock();
        let waits = |ranges: &mut RangeScheduler| condition(ranges) && !self.is_over();
        drop(self.notify.wait_timeout_while(ranges, timeout, waits));
    }

    fn is_over(&self) -> bool {
        self.is_complete() || self.cancel.is_cancelled()
    }
}
