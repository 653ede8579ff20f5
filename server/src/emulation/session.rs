//! One session: the path, the flows that share it, and its clock.

use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use lanes_shared::link::{Link, LinkProfile, Ns, Path, profile_name};
use lanes_shared::wire::LinkReport;

use super::capture::Capture;
use super::lateness_histogram::LatenessHistogram;
use super::send_buffer::SendBuffer;
use super::session_state::{Flow, SessionState};
use crate::sync::lock;
use crate::telemetry::byte_counter::ByteCounter;
use crate::telemetry::stats::{FlowStats, LinkStats, Protocol};

/// Range of the time after which a flow opens without a request. Within it, the time is 1.5 round
/// trips, before which nothing leaves the server anyway.
const REQUEST_TIMEOUT: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(50)];

/// Id of a session. The ids of the two protocols are separate, so that no client of the Lanes
/// protocol can choose the session of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SessionId {
    pub protocol: Protocol,
    /// Chosen at random by the client of the Lanes protocol; over HTTP the client's address as
    /// IPv6.
    pub bytes: [u8; 16],
}

/// One session with an emulated link.
pub(super) struct Session {
    pub id: SessionId,
    pub lateness: LatenessHistogram,
    /// Counts granted bytes, packet headers included.
    pub granted: ByteCounter,
    /// Time after which the session ends if its link delivers nothing.
    pub silence: Duration,
    /// Zero of the path's clock.
    origin: Instant,
    pub state: Mutex<SessionState>,
    /// Wakes the pacer before the end of its sleep.
    pub wake: Condvar,
    pub pacer: Mutex<Option<JoinHandle<()>>>,
    capture: Option<Arc<Capture>>,
}

impl Session {
    /// Creates a session whose first connection was accepted at `origin`. Nothing is granted before
    /// a pacer runs.
    pub fn new(
        id: SessionId,
        mut state: SessionState,
        origin: Instant,
        silence: Duration,
        capture: Option<Arc<Capture>>,
    ) -> Self {
        if let Some(capture) = &capture {
            capture.start(&mut state.path);
        }
        Self {
            id,
            lateness: LatenessHistogram::default(),
            granted: ByteCounter::default(),
            silence,
            origin,
            state: Mutex::new(state),
            wake: Condvar::new(),
            pacer: Mutex::default(),
            capture,
        }
    }

    /// Returns the current time of the path.
    pub fn now(&self) -> Ns {
        self.to_path_time(Instant::now())
    }

    fn to_path_time(&self, time: Instant) -> Ns {
        time.saturating_duration_since(self.origin).as_nanos() as Ns
    }

    /// Converts a time of the path.
    pub fn to_instant(&self, at: Ns) -> Instant {
        self.origin + Duration::from_nanos(at)
    }

    /// Adds a connection. Its flow opens with the first request for bytes of a file, or without one
    /// after [`REQUEST_TIMEOUT`].
    pub fn add_flow(&self, buffer: &Arc<SendBuffer>) {
        let accepted_at = self.to_path_time(buffer.connection.accepted_at);
        let [min, max] = REQUEST_TIMEOUT;
        let mut state = lock(&self.state);
        let timeout = Duration::from_nanos(state.link.rtt() / 2 * 3).clamp(min, max);
        if state.has_failed {
            buffer.abort();
        } else if state.is_released {
            buffer.release();
        }
        let open_by = accepted_at + timeout.as_nanos() as Ns;
        let flow = Flow::new(Arc::clone(buffer), accepted_at, open_by);
        state.flows.insert(buffer.connection.id, flow);
        self.wake_if_due(&state);
    }

    /// Replaces the link for all flows, from now on over the new `path`.
    pub fn replace_link(&self, profile: &LinkProfile, link: Link, mut path: Path) {
        let mut state = lock(&self.state);
        if let Some(capture) = &self.capture {
            capture.start(&mut path);
        }
        let (log, window) = (state.path.take_log(), state.link.window_bytes());
        let started = std::mem::replace(&mut state.link_since, Instant::now());
        state.replace_link(self.now(), profile, link, path);
        drop(state);
        self.wake.notify_one();
        if let Some(capture) = &self.capture {
            capture.finish(log, window, started);
        }
    }

    /// Opens the flow of a connection whose first request for a file starts at `offset`. Later
    /// calls change nothing.
    pub fn open_flow_at(&self, connection: u64, offset: u64) {
        let mut state = lock(&self.state);
        state.open_flow(connection, offset);
        self.wake_if_due(&state);
    }

    /// Adds `bytes` that a connection has produced.
    pub fn supply(&self, connection: u64, bytes: u64) {
        let mut state = lock(&self.state);
        state.supply(self.now(), connection, bytes);
        self.wake_if_due(&state);
    }

    /// Resumes the flow of a client that reads again.
    pub fn resume_flow(&self, connection: u64) {
        let mut state = lock(&self.state);
        state.set_paused(self.now(), connection, false);
        self.wake_if_due(&state);
    }

    /// Closes the flow of a connection that is lost or complete.
    pub fn close_flow(&self, connection: u64) {
        lock(&self.state).close_flow(self.now(), connection);
    }

    /// Stops pacing: pending bytes are written at once.
    pub fn release(&self) {
        let mut state = lock(&self.state);
        state.is_released = true;
        state.flows.values().for_each(|flow| flow.buffer.release());
        self.wake.notify_one();
    }

    /// Ends the session after its last connection and joins the pacer.
    pub fn end(&self) {
        lock(&self.state).is_released = true;
        self.wake.notify_one();
        let pacer = lock(&self.pacer).take();
        if pacer.is_some_and(|pacer| pacer.join().is_err()) {
            tracing::error!("thread panicked: pacer");
        }
        if let Some(capture) = &self.capture {
            let mut state = lock(&self.state);
            let (log, window) = (state.path.take_log(), state.link.window_bytes());
            let started = state.link_since;
            drop(state);
            capture.finish(log, window, started);
        }
    }

    /// Returns the link's counters for the client.
    pub fn report(&self) -> LinkReport {
        let state = lock(&self.state);
        LinkReport {
            lateness_p99_us: self.lateness.p99().as_micros() as u64,
            dropped: state.dropped(),
            lost: state.lost(),
        }
    }

    /// Returns a snapshot of the session.
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
            session: self.id.bytes,
            profile: profile_name(&state.profile),
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

    /// Wakes the pacer if an event is due before the end of its sleep.
    fn wake_if_due(&self, state: &SessionState) {
        let next = state.next_event();
        if next.is_some_and(|next| next < state.sleeping_until) {
            self.wake.notify_one();
        }
    }
}
