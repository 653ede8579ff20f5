//! The thread `pacer`: advances the path to the current time, grants the bytes that have arrived,
//! and sleeps until the next event.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use lanes_os::timer::FineTimer;
use lanes_shared::link::{Event, EventKind, FlowId, Link, LinkProfile, MSS, Ns, Path};

use super::capture::Capture;
use super::error::LinkError;
use super::send_buffer::Backpressure;
use super::session::{Session, SessionId};
use super::session_state::{Grant, SessionState};
use crate::sync::lock;

/// Events closer together than this are handled in one round, in nanoseconds (1 ms). A round per
/// packet would cost more than the packets.
const ROUND: Ns = 1_000_000;
/// Congestion windows that a sender may buffer. The kernel's two let a window double in each round
/// trip; here, another half round trip passes between production and sending.
const WINDOWS_AHEAD: u64 = 3;

/// Packets after which the pacer releases the lock of the session, if more are due. Background
/// traffic on a fast link may take more time than passes.
const MAX_PACKETS: u64 = 5_000;
/// Time for which the pacer releases the lock then.
const RELEASE: Duration = Duration::from_micros(50);

/// Starts a session and its pacer. The first connection was accepted at `origin`. The session ends
/// if its link delivers nothing for `silence`.
///
/// # Errors
/// [`LinkError::NoThread`].
pub(super) fn start_session(
    id: SessionId,
    (profile, link, path): (&LinkProfile, Link, Path),
    origin: Instant,
    silence: Duration,
    capture: Option<Arc<Capture>>,
) -> Result<Arc<Session>, LinkError> {
    let state = SessionState::new(profile, link, path);
    let session = Arc::new(Session::new(id, state, origin, silence, capture));
    let paced = Arc::clone(&session);
    let pacer = thread::Builder::new()
        .name("pacer".to_owned())
        .spawn(move || {
            let _guard = PanicGuard(&paced);
            run(&paced);
        })
        .map_err(LinkError::NoThread)?;
    *lock(&session.pacer) = Some(pacer);
    Ok(session)
}

/// Aborts the connections of a session whose pacer panics: nothing would ever be granted to them.
struct PanicGuard<'a>(&'a Session);

impl Drop for PanicGuard<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            lock(&self.0.state).fail();
        }
    }
}

fn run(session: &Session) {
    let _fine = FineTimer::start();
    let mut events = Vec::new();
    let mut state = lock(&session.state);
    while !state.is_released {
        let now = session.now();
        state.open_overdue(now);
        if !state.connection_by_flow.is_empty() {
            let now = state.advance_clock(now);
            let is_complete = state.path.advance_bounded(now, MAX_PACKETS, &mut events);
            grant(session, &mut state, &mut events, now);
            if !is_complete {
                let woken = session.wake.wait_timeout(state, RELEASE);
                state = woken.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
        }
        if state.silent_for(now) >= session.silence {
            let secs = session.silence.as_secs();
            tracing::info!("session ended: its emulated link delivered nothing for {secs} s");
            state.fail();
        }
        // An absolute time of the path's clock, so that a late round does not delay the next.
        let next = state.next_event().map(|next| next.max(now + ROUND));
        let next = next
            .into_iter()
            .chain(state.silence_end(session.silence))
            .min();
        state.sleeping_until = next.unwrap_or(Ns::MAX);
        state = sleep(session, state, next);
        state.sleeping_until = 0;
    }
}

fn sleep<'a>(
    session: &Session,
    state: MutexGuard<'a, SessionState>,
    until: Option<Ns>,
) -> MutexGuard<'a, SessionState> {
    let Some(until) = until else {
        let woken = session.wake.wait(state);
        return woken.unwrap_or_else(PoisonError::into_inner);
    };
    let left = Duration::from_nanos(until.saturating_sub(session.now()));
    let woken = session.wake.wait_timeout(state, left);
    woken.unwrap_or_else(PoisonError::into_inner).0
}

/// Adds the events up per flow and grants each buffer its bytes in one call.
fn grant(session: &Session, state: &mut SessionState, events: &mut Vec<Event>, now: Ns) {
    let SessionState {
        connection_by_flow,
        flows,
        ..
    } = state;
    let mut touched = Vec::new();
    for event in events.drain(..) {
        let connection = connection_by_flow.get(&event.flow).copied();
        let Some((connection, flow)) =
            connection.and_then(|connection| Some((connection, flows.get_mut(&connection)?)))
        else {
            continue;
        };
        if flow.grant.is_none() {
            touched.push((connection, event.flow));
        }
        let grant = flow.grant.get_or_insert(Grant {
            bytes: 0,
            due: event.at,
            reset: false,
        });
        match event.kind {
            EventKind::Bytes(bytes) => grant.bytes += bytes,
            EventKind::Reset => grant.reset = true,
        }
    }
    for (connection, id) in touched {
        state.on_delivery(now);
        let limit = send_ahead(state, id);
        let Some(flow) = state.flows.get_mut(&connection) else {
            continue;
        };
        let Some(grant) = flow.grant.take() else {
            continue;
        };
        flow.on_granted(grant.bytes);
        session.granted.add(grant.bytes);
        let buffer = Arc::clone(&flow.buffer);
        if grant.bytes > 0 {
            let due = session.to_instant(grant.due);
            if buffer.grant(grant.bytes, due, limit) == Backpressure::Pause {
                state.set_paused(now, connection, true);
            }
        }
        if grant.reset {
            buffer.reset();
        }
    }
}

/// Returns how many bytes the sender of a flow may buffer.
fn send_ahead(state: &SessionState, flow: FlowId) -> usize {
    let flow = state.path.flow_state(flow);
    flow.map_or(0, |flow| {
        let window = (u64::from(flow.cwnd) * MSS).min(state.link.window_bytes());
        (WINDOWS_AHEAD.saturating_mul(window))
            .try_into()
            .unwrap_or(usize::MAX)
    })
}
