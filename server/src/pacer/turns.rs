//! The pacer's turns: run the path up to now, grant what arrived, sleep until the next event.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use lanes_shared::link::{Event, FlowId, MSS, Ns, What};

use super::desk::{Desk, Turn};
use super::lane::Backlog;
use super::session::Session;
use crate::sync::lock;

/// Events closer to each other than this are seen to in one turn, in nanoseconds: a turn for every
/// packet would cost more than the packets.
const TURN: Ns = 1_000_000;
/// A sender holds so many windows of data ahead. The kernel's two let a window double in each
/// round trip; here, half a round trip passes between producing and sending.
const WINDOWS_AHEAD: u64 = 3;

impl Session {
    /// The work of the thread `pacer`.
    pub(super) fn pace(&self) {
        let mut events = Vec::new();
        let mut desk = lock(&self.desk);
        while !desk.over {
            let now = self.now();
            desk.open_overdue(now);
            if !desk.by_flow.is_empty() {
                let now = desk.not_before_last(now);
                desk.path.advance(now, &mut events);
                self.grant(&mut desk, &mut events, now);
            }
            // Absolute, from the path's own clock: what came late does not make the next late.
            let next = desk.next().map(|next| next.max(now + TURN));
            desk.sleeping_until = next.unwrap_or(Ns::MAX);
            desk = self.sleep(desk, next);
            desk.sleeping_until = 0;
        }
    }

    fn sleep<'a>(&self, desk: MutexGuard<'a, Desk>, until: Option<Ns>) -> MutexGuard<'a, Desk> {
        let Some(until) = until else {
            let woken = self.news.wait(desk);
            return woken.unwrap_or_else(PoisonError::into_inner);
        };
        let left = Duration::from_nanos(until.saturating_sub(self.now()));
        let woken = self.news.wait_timeout(desk, left);
        woken.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Tells each lane, once, what its client has by now.
    fn grant(&self, desk: &mut Desk, events: &mut Vec<Event>, now: Ns) {
        let Desk {
            by_flow, members, ..
        } = desk;
        let mut touched = Vec::new();
        for event in events.drain(..) {
            let number = by_flow.get(&event.flow).copied();
            let Some((number, member)) =
                number.and_then(|number| Some((number, members.get_mut(&number)?)))
            else {
                continue;
            };
            if member.turn.is_none() {
                touched.push((number, event.flow));
            }
            let turn = member.turn.get_or_insert(Turn {
                bytes: 0,
                due: event.at,
                reset: false,
            });
            match event.what {
                What::Bytes(bytes) => turn.bytes += bytes,
                What::Reset => turn.reset = true,
            }
        }
        for (number, flow) in touched {
            let limit = ahead(desk, flow);
            let Some(member) = desk.members.get_mut(&number) else {
                continue;
            };
            let Some(turn) = member.turn.take() else {
                continue;
            };
            member.granted(turn.bytes);
            self.granted.add(turn.bytes);
            let lane = Arc::clone(&member.lane);
            if turn.bytes > 0 {
                let due = self.instant(turn.due);
                if let Backlog::Freeze = lane.grant(turn.bytes, due, limit) {
                    desk.set_frozen(now, number, true);
                }
            }
            if turn.reset {
                lane.reset();
            }
        }
    }
}

/// How many bytes the sender of this flow may hold ahead.
fn ahead(desk: &Desk, flow: FlowId) -> usize {
    let state = desk.path.flow_state(flow);
    state.map_or(0, |state| {
        let window = (u64::from(state.cwnd) * MSS).min(desk.link.window_bytes());
        (WINDOWS_AHEAD.saturating_mul(window))
            .try_into()
            .unwrap_or(usize::MAX)
    })
}
