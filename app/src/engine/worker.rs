//! One worker, one connection: makes it, and makes it anew when it is lost.

use std::time::Duration;

use super::snapshot::ConnectionState;
use super::source::{SessionError, Source, lanes};
use super::transfer::{Event, Transfer};

/// How often a connection that brings nothing is made anew before it is given up.
const MAX_RETRIES: u32 = 5;
/// How long the first retry waits; each further one waits twice as long.
const FIRST_BACKOFF: Duration = Duration::from_millis(200);

/// Runs connection `index` until nothing is left for it, and tells the director.
pub(super) fn run(transfer: &Transfer, index: usize) {
    let lost = work(transfer, index);
    let state = if lost.is_some() {
        ConnectionState::Lost
    } else {
        ConnectionState::Done
    };
    transfer.meters[index].set_state(state);
    transfer.send(Event::Ended(lost));
}

/// Why the connection was given up, or `None` when nothing was left for it.
fn work(transfer: &Transfer, index: usize) -> Option<String> {
    let meter = &transfer.meters[index];
    let mut failures = 0;
    loop {
        let before = meter.bytes();
        let Source::Lanes { .. } = &transfer.request.source;
        let end = lanes::session::run(transfer, index);
        meter.set_partial(0);
        if transfer.stop.is_stopped() || !transfer.is_needed(index) {
            return None;
        }
        let (reason, limit) = match end {
            Ok(()) => return None,
            Err(SessionError::Fatal(error)) => {
                let reason = error.to_string();
                transfer.send(Event::Fatal(error));
                return Some(reason);
            }
            Err(SessionError::Refused(reason)) => return Some(reason),
            Err(SessionError::Unreachable(reason) | SessionError::Lost(reason)) => {
                // Nothing of use was heard of this server yet: better say so soon than try long.
                (
                    reason,
                    if transfer.active().is_none() {
                        1
                    } else {
                        MAX_RETRIES
                    },
                )
            }
        };
        failures = if meter.bytes() > before {
            1
        } else {
            failures + 1
        };
        if failures > limit {
            return Some(reason);
        }
        meter.retried();
        meter.set_state(ConnectionState::Retrying);
        if transfer.stop.sleep(FIRST_BACKOFF * 2u32.pow(failures - 1)) {
            return None;
        }
        if !transfer.is_needed(index) {
            return None;
        }
    }
}
