//! Assigns the next range to a connection, and makes the connection wait while it must not request one.

use std::ops::Range;
use std::time::{Duration, Instant};

use super::server_connection::ServerConnection;
use crate::model::connection_state::ConnectionState;
use crate::scheduling::range_trial::Entry;

/// A range is fetched twice only if its owner would take longer than this.
const DUPLICATE_PATIENCE: Duration = Duration::from_millis(300);
/// Longest wait between two checks while another connection tries a range, asks for a far one, or owns the
/// rest.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// The next range to fetch.
pub(super) enum Task {
    /// The range that the connection owns.
    Own(Range<u64>),
    /// A range that another connection fetches too slowly.
    Duplicate(Range<u64>),
    /// All missing bytes, from a server that serves only the whole file.
    WholeFile,
}

/// Returns the next task of `connection`, or `None` once nothing is left for it.
pub(super) fn next_task(connection: &ServerConnection<'_>) -> Option<Task> {
    let (transfer, index) = (connection.transfer, connection.index);
    loop {
        if transfer.cancel.is_cancelled()
            || transfer.scheduler.is_complete()
            || connection.must_leave()
        {
            return None;
        }
        match transfer.context.sole_connection() {
            Some(only) if only != index => return None,
            Some(_) if !connection.mirror.ranges.prefers_part() => return Some(Task::WholeFile),
            Some(_) | None => {}
        }
        if connection.mirror.ranges.enter(index) == Entry::Wait {
            connection.set_state(ConnectionState::Waiting);
            transfer.scheduler.wait_for_permit(POLL_INTERVAL);
            continue;
        }
        if !transfer.cold_cache.may_request(index) {
            connection.set_state(ConnectionState::Queued);
            transfer.scheduler.wait_for_answer(POLL_INTERVAL);
            continue;
        }
        let (requests, now) = (&connection.mirror.requests, Instant::now());
        let is_connected = connection.is_connected();
        let is_silent = |other| requests.is_silent(other, now);
        if let Some(range) = transfer.assign_segment(index, is_connected, is_silent) {
            return Some(Task::Own(range));
        }
        // A new connection would be silent too.
        let may_be_served = is_connected || !requests.any_silent(now);
        if may_be_served && let Some(range) = transfer.claim_duplicate(index, DUPLICATE_PATIENCE) {
            return Some(Task::Duplicate(range));
        }
        connection.set_state(ConnectionState::Done);
        transfer.scheduler.wait_for_free(index, POLL_INTERVAL);
    }
}
