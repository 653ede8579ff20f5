//! Waits for a per-host connection permit.

use std::time::{Duration, Instant};

use crate::model::connection_state::ConnectionState;
use crate::scheduling::host_limiter::HostPermit;
use crate::scheduling::mirror::Mirror;
use crate::transfer::shared::Transfer;

/// Longest wait between two checks.
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Longest wait of [`acquire`].
const MAX_WAIT: Duration = Duration::from_secs(2);

/// Returns a server with a permit, for a request behind the end of all connections. `None` if other
/// downloads have all of them.
pub(super) fn acquire(transfer: &Transfer) -> Option<(&Mirror, HostPermit)> {
    let mut waiting = None;
    let since = Instant::now();
    loop {
        let acquired = transfer.context.mirrors.acquire(&mut waiting);
        let is_over = || transfer.cancel.sleep(POLL_INTERVAL) || since.elapsed() > MAX_WAIT;
        if acquired.is_some() || is_over() {
            return acquired;
        }
    }
}

/// Returns the server for connection `index` with a permit, and waits for one while the connection
/// is needed. Returns `None` once it is not.
pub(super) fn wait(transfer: &Transfer, index: usize) -> Option<(&Mirror, HostPermit)> {
    let mut waiting = None;
    let mut reported = None;
    loop {
        let is_other = transfer
            .context
            .sole_connection()
            .is_some_and(|only| only != index);
        if transfer.cancel.is_cancelled() || is_other || !transfer.is_needed(index) {
            return None;
        }
        if let Some(acquired) = transfer.context.mirrors.acquire(&mut waiting) {
            return Some(acquired);
        }
        transfer.counters[index].set_state(ConnectionState::Queued);
        let limit = waiting
            .as_ref()
            .and_then(|permit| transfer.context.mirrors.permit_limit(permit));
        transfer.counters.set_permit_limit(limit);
        let reason = waiting
            .as_ref()
            .and_then(|permit| transfer.context.mirrors.wait_reason(permit));
        if let Some(reason) = reason.filter(|reason| reported.as_ref() != Some(reason)) {
            transfer.events.notice(reason.clone());
            reported = Some(reason);
        }
        transfer.scheduler.wait_for_permit(POLL_INTERVAL);
    }
}
