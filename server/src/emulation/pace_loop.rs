//! The pacer's turns: run the path up to now, grant what arrived, sleep until the next event.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use lanes_shared::link::{Event, FlowId, MSS, Ns, What};

use super::send_buffer::Backlog;
use super::session::Session;
use super::session_state::{Grant, SessionState};
use crate::sync::lock;

/// Events closer to each other than this are seen to in one turn, in nanoseconds: a turn for every
/// packet would cost more than the packets.
const TICK: Ns = 1_000_000;
/// A sender holds so many windows of data ahead. The kernel's two let a window double in each
/// round trip; here, half a round trip passes between producing and sending.
const WINDOWS_AHEAD: u64 = 3;

impl Session {
    /// The work of the thread `pacer`.
    pub(crate) fn pace(&self) {
        let mut events = Vec::new();
        let mut state = lock(&self.state);
        while !state.released {
            let now = self.now();
            state.open_overdue(now);
            if !state.by_flow.is_empty() {
                let now = state.not_before_last(now);
                state.path.advance(now, &mut events);
                self.grant(&mut state, &mut events, now);
            }
            // Absolute, from the path's own clock: what came late does not make the next late.
            let next = state.next().map(|next| next.max(now + TICK));
            state.sleeping_until = next.unwrap_or(Ns::MAX);
            state = self.sleep(state, next);
            state.sleeping_until = 0;
        }
    }

    fn sleep<'a>(
        &self,
        state: MutexGuard<'a, SessionState>,
        until: Option<Ns>,
    ) -> MutexGuard<'a, SessionState> {
        let Some(until) = until else {
            let woken = self.wake.wait(state);
            return woken.unwrap_or_else(PoisonError::into_inner);
        };
        let left = Duration::from_nanos(until.saturating_sub(self.now()));
        let woken = self.wake.wait_timeout(state, left);
        woken.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Tells each buffer, once, what its client has by now.
    fn grant(&self, state: &mut SessionState, events: &mut Vec<Event>, now: Ns) {
        let SessionState { by_flow, flows, .. } = state;
        let mut touched = Vec::new();
        for event in events.drain(..) {
            let number = by_flow.get(&event.flow).copied();
            let Some((number, flow)) =
                number.and_then(|number| Some((number, flows.get_mut(&number)?)))
            else {
                continue;
            };
            if flow.grant.is_none() {
                touched.push((number, event.flow));
            }
            let grant = flow.grant.get_or_insert(Grant {
                bytes: 0,
                due: event.at,
                reset: false,
            });
            match event.what {
                What::Bytes(bytes) => grant.bytes += bytes,
                What::Reset => grant.reset = true,
            }
        }
        for (number, flow) in touched {
            let limit = send_ahead(state, flow);
            let Some(flow) = state.flows.get_mut(&number) else {
                continue;
            };
            let Some(grant) = flow.grant.take() else {
                continue;
            };
            flow.granted(grant.bytes);
            self.granted.add(grant.bytes);
            let buffer = Arc::clone(&flow.buffer);
            if grant.bytes > 0 {
                let due = self.instant(grant.due);
                if let Backlog::Freeze = buffer.grant(grant.bytes, due, limit) {
                    state.set_frozen(now, number, true);
                }
            }
            if grant.reset {
                buffer.reset();
            }
        }
    }
}

/// How many bytes the sender of this flow may hold ahead.
fn send_ahead(state: &SessionState, flow: FlowId) -> usize {
    let flow = state.path.flow_state(flow);
    flow.map_or(0, |flow| {
        let window = (u64::from(flow.cwnd) * MSS).min(state.link.window_bytes());
        (WINDOWS_AHEAD.saturating_mul(window))
            .try_into()
            .unwrap_or(usize::MAX)
    })
}
