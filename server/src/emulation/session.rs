//! One session: a path, the lanes that share it, and the clock that both go by.

use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use lanes_shared::link::{Link, LinkProfile, Ns, Path, name_of};
use lanes_shared::wire::{LinkReport, Refusal};

use super::lateness_histogram::LatenessHistogram;
use super::send_buffer::SendBuffer;
use super::session_registry::{SessionId, no_thread};
use super::session_state::{Flow, SessionState};
use crate::protocol::close_reason::CloseReason;
use crate::sync::lock;
use crate::telemetry::byte_counter::ByteCounter;
use crate::telemetry::stats::{FlowStats, LinkStats};

/// How long to wait for the first request before a flow is opened without, at least and at most.
/// In between it is one and a half round trips: nothing leaves the server before.
const ASK_PATIENCE: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(50)];

/// One session with an emulated link.
pub(crate) struct Session {
    pub id: SessionId,
    pub lateness: LatenessHistogram,
    /// Bytes granted, headers of packets included.
    pub(crate) granted: ByteCounter,
    /// The path's time is counted from here.
    origin: Instant,
    pub(crate) state: Mutex<SessionState>,
    /// The pacer must look again.
    pub(crate) wake: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Session {
    /// Begins a session whose first connection was accepted at `origin`.
    pub fn start(
        id: SessionId,
        profile: &LinkProfile,
        origin: Instant,
    ) -> Result<Arc<Self>, CloseReason> {
        let wrong = |error: lanes_shared::link::ProfileError| {
            CloseReason::refused(Refusal::BadRequest, error.to_string())
        };
        let link = profile.validate().map_err(wrong)?;
        let session = Arc::new(Self {
            id,
            lateness: LatenessHistogram::default(),
            granted: ByteCounter::default(),
            origin,
            state: Mutex::new(SessionState::new(profile, link)),
            wake: Condvar::new(),
            thread: Mutex::default(),
        });
        let pacer = Arc::clone(&session);
        let thread = thread::Builder::new()
            .name("pacer".to_owned())
            .spawn(move || {
                let _guard = Guard(&pacer);
                pacer.pace();
            })
            .map_err(|error| no_thread(&error))?;
        *lock(&session.thread) = Some(thread);
        Ok(session)
    }

    /// The path's time now.
    pub(crate) fn now(&self) -> Ns {
        self.at(Instant::now())
    }

    fn at(&self, time: Instant) -> Ns {
        time.saturating_duration_since(self.origin).as_nanos() as Ns
    }

    /// When the path's time was so much.
    pub(crate) fn instant(&self, at: Ns) -> Instant {
        self.origin + Duration::from_nanos(at)
    }

    /// A connection joins. It becomes a flow when it is known what it asks for.
    pub fn add_flow(&self, buffer: &Arc<SendBuffer>) {
        let accepted = self.at(buffer.connection.accepted_at);
        let [least, most] = ASK_PATIENCE;
        let mut state = lock(&self.state);
        let patience = Duration::from_nanos(state.link.rtt() / 2 * 3).clamp(least, most);
        if state.failed {
            buffer.cut();
        } else if state.released {
            buffer.release();
        }
        let open_by = accepted + patience.as_nanos() as Ns;
        let flow = Flow::new(Arc::clone(buffer), accepted, open_by);
        state.flows.insert(buffer.connection.id, flow);
        self.wake_if_due(&state);
    }

    /// From now on everything goes over another link.
    pub fn replace_link(&self, profile: &LinkProfile, link: Link) {
        // Background flows find their balance before anybody has to wait for the lock.
        let path = Path::new(&link);
        lock(&self.state).replace_link(self.now(), profile, link, path);
        self.wake.notify_one();
    }

    /// The first byte that the connection asks for of a file is the one at `offset`. A later call
    /// changes nothing.
    pub fn open_flow_at(&self, connection: u64, offset: u64) {
        let mut state = lock(&self.state);
        state.open_flow(connection, offset);
        self.wake_if_due(&state);
    }

    /// The connection has produced `bytes` more.
    pub fn supply(&self, connection: u64, bytes: u64) {
        let mut state = lock(&self.state);
        state.supply(self.now(), connection, bytes);
        self.wake_if_due(&state);
    }

    /// The client reads again.
    pub fn resume_flow(&self, connection: u64) {
        let mut state = lock(&self.state);
        state.set_frozen(self.now(), connection, false);
        self.wake_if_due(&state);
    }

    /// The connection is gone, or can be written to no more.
    pub fn close_flow(&self, connection: u64) {
        lock(&self.state).close_flow(self.now(), connection);
    }

    /// The server is being stopped: everything that waits is let go.
    pub fn release(&self) {
        let mut state = lock(&self.state);
        state.released = true;
        state.flows.values().for_each(|flow| flow.buffer.release());
        self.wake.notify_one();
    }

    /// The last connection is gone. The pacer has ended on return.
    pub fn end(&self) {
        lock(&self.state).released = true;
        self.wake.notify_one();
        let thread = lock(&self.thread).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a thread panicked: pacer");
        }
    }

    /// Whether its link is that of this profile.
    pub fn has(&self, profile: &LinkProfile) -> bool {
        lock(&self.state).profile == *profile
    }

    /// How many connections its link's server takes.
    pub fn max_connections(&self) -> Option<u32> {
        lock(&self.state).link.max_connections()
    }

    /// How the link did so far, for the client.
    pub fn report(&self) -> LinkReport {
        let state = lock(&self.state);
        LinkReport {
            lateness_p99_us: self.lateness.p99().as_micros() as u64,
            dropped: state.dropped(),
            lost: state.lost(),
        }
    }

    /// The session's numbers.
    pub fn stats(&self) -> LinkStats {
        let state = lock(&self.state);
        let flows = state.open_flows().map(|(connection, flow)| FlowStats {
            connection,
            cwnd: flow.cwnd,
            in_flight: flow.in_flight,
            lost: flow.lost,
            round_trip: Duration::from_nanos(flow.smoothed_rtt),
        });
        let has_bottleneck = state.link.rate_bps().is_some();
        LinkStats {
            session: self.id,
            profile: name_of(&state.profile),
            connections: state.flows.len(),
            flows: flows.collect(),
            queue_bytes: state.path.queue_bytes(),
            buffer_bytes: if has_bottleneck {
                state.link.buffer_bytes()
            } else {
                0
            },
            dropped: state.dropped(),
            lost: state.lost(),
            bytes_per_sec: self.granted.per_sec(),
            lateness_p99: self.lateness.p99(),
        }
    }

    /// Wakes the pacer if something is due before it would wake by itself.
    fn wake_if_due(&self, state: &SessionState) {
        if state.next().is_some_and(|next| next < state.sleeping_until) {
            self.wake.notify_one();
        }
    }
}

/// Without a pacer nothing would ever be granted: if it panics, its connections are lost.
struct Guard<'a>(&'a Session);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let mut state = lock(&self.0.state);
            state.failed = true;
            state.flows.values().for_each(|flow| flow.buffer.cut());
        }
    }
}
