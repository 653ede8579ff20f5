//! Mutable state of an emulated session: the path and the connection-to-flow map.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lanes_shared::link::{FlowId, FlowState, Link, LinkProfile, Ns, Path};

use super::send_buffer::SendBuffer;

/// Key of a flow whose client requested no bytes of a file; not the offset of any file.
const NO_OFFSET: u64 = 1 << 63;

/// Mutable state of an emulated session, guarded by one lock. Times are those of the path.
pub(super) struct SessionState {
    pub profile: LinkProfile,
    pub link: Link,
    pub path: Path,
    /// Time at which the path began to carry packets.
    pub link_since: Instant,
    /// Flows by the id of their connection.
    pub flows: BTreeMap<u64, Flow>,
    pub connection_by_flow: HashMap<FlowId, u64>,
    /// Latest time that the path has seen. Its clock must not run backwards.
    latest: Ns,
    /// Time until which the pacer sleeps; 0 while it is awake.
    pub sleeping_until: Ns,
    /// Set when pacing ends, because the server stops or the last connection is closed.
    pub is_released: bool,
    /// Set when the pacer panicked, or the link delivered nothing for too long.
    pub has_failed: bool,
    /// Time since which the link has delivered nothing that a client waits for.
    silent_since: Ns,
    /// Segments lost on flows that are closed, or were on an earlier link.
    lost_before: u64,
    /// Packets dropped by the buffers of earlier links.
    dropped_before: u64,
}

/// One connection of the session.
pub(super) struct Flow {
    pub buffer: Arc<SendBuffer>,
    accepted_at: Ns,
    /// Id and key of the flow on the path; `None` before the first request.
    on_path: Option<(FlowId, u64)>,
    /// Time at which the flow opens even without a request for a file.
    open_by: Ns,
    /// Bytes produced and not yet granted.
    ungranted: u64,
    is_paused: bool,
    /// Bytes that the pacer is about to grant.
    pub grant: Option<Grant>,
}

/// Bytes that one round of the pacer grants a connection.
pub(super) struct Grant {
    pub bytes: u64,
    /// Time at which the first byte was due.
    pub due: Ns,
    /// Resets the connection after the bytes.
    pub reset: bool,
}

impl Flow {
    /// Creates the flow of a connection accepted at `accepted_at`. It opens at `open_by` at the
    /// latest.
    pub fn new(buffer: Arc<SendBuffer>, accepted_at: Ns, open_by: Ns) -> Self {
        Self {
            buffer,
            accepted_at,
            on_path: None,
            open_by,
            ungranted: 0,
            is_paused: false,
            grant: None,
        }
    }

    /// Records that `bytes` were granted.
    pub fn on_granted(&mut self, bytes: u64) {
        self.ungranted = self.ungranted.saturating_sub(bytes);
    }
}

impl SessionState {
    /// Creates the state of a session without connections.
    pub fn new(profile: &LinkProfile, link: Link, path: Path) -> Self {
        Self {
            profile: profile.clone(),
            link,
            path,
            link_since: Instant::now(),
            flows: BTreeMap::new(),
            connection_by_flow: HashMap::new(),
            latest: 0,
            sleeping_until: 0,
            is_released: false,
            has_failed: false,
            silent_since: 0,
            lost_before: 0,
            dropped_before: 0,
        }
    }

    /// Replaces the link from `now` on. Every flow is opened again on the new `path`; bytes in
    /// flight on the old link are sent again.
    pub fn replace_link(&mut self, now: Ns, profile: &LinkProfile, link: Link, path: Path) {
        self.lost_before = self.lost();
        self.dropped_before = self.dropped();
        self.profile = profile.clone();
        self.link = link;
        self.path = path;
        self.connection_by_flow.clear();
        let now = self.advance_clock(now);
        for (connection, flow) in &mut self.flows {
            let Some((_, key)) = flow.on_path else {
                continue;
            };
            let id = self.path.open(now, key);
            self.path.supply(now, id, flow.ungranted);
            if flow.is_paused {
                self.path.pause(now, id);
            }
            flow.on_path = Some((id, key));
            self.connection_by_flow.insert(id, *connection);
        }
    }

    /// Returns `now`, or the latest time the path has seen if that is later.
    pub fn advance_clock(&mut self, now: Ns) -> Ns {
        self.latest = self.latest.max(now);
        self.latest
    }

    /// Opens the flow of a connection on the path; does nothing if it is open.
    pub fn open_flow(&mut self, connection: u64, key: u64) {
        let Some(flow) = self.flows.get_mut(&connection) else {
            return;
        };
        if flow.on_path.is_some() {
            return;
        }
        let now = flow.accepted_at.max(self.latest);
        let id = self.path.open(now, key);
        flow.on_path = Some((id, key));
        if flow.ungranted > 0 {
            self.path.supply(now, id, flow.ungranted);
        }
        self.latest = now;
        self.connection_by_flow.insert(id, connection);
    }

    /// Opens the flows of connections that made no request in time.
    pub fn open_overdue(&mut self, now: Ns) {
        let is_overdue = |flow: &Flow| flow.on_path.is_none() && flow.open_by <= now;
        while let Some((connection, _)) = self.flows.iter().find(|(_, flow)| is_overdue(flow)) {
            self.open_flow(*connection, NO_OFFSET);
        }
    }

    /// Adds `bytes` that a connection has produced.
    pub fn supply(&mut self, now: Ns, connection: u64, bytes: u64) {
        if !self.is_waiting() {
            self.silent_since = now;
        }
        let Some(flow) = self.flows.get_mut(&connection) else {
            return;
        };
        flow.ungranted += bytes;
        if let Some((id, _)) = flow.on_path {
            let now = self.advance_clock(now);
            self.path.supply(now, id, bytes);
        }
    }

    /// Pauses a flow whose client does not read, or resumes it.
    pub fn set_paused(&mut self, now: Ns, connection: u64, is_paused: bool) {
        if !self.is_waiting() {
            self.silent_since = now;
        }
        let Some(flow) = self.flows.get_mut(&connection) else {
            return;
        };
        flow.is_paused = is_paused;
        let Some((id, _)) = flow.on_path else {
            return;
        };
        let now = self.advance_clock(now);
        if is_paused {
            self.path.pause(now, id);
        } else {
            self.path.resume(now, id);
        }
    }

    /// Returns whether a client waits for bytes.
    fn is_waiting(&self) -> bool {
        let mut flows = self.flows.values();
        flows.any(|flow| flow.ungranted > 0 && !flow.is_paused)
    }

    /// Records that the link delivered bytes at `now`.
    pub fn on_delivery(&mut self, now: Ns) {
        self.silent_since = self.silent_since.max(now);
    }

    /// Returns for how long clients have waited for bytes while the link delivered nothing.
    pub fn silent_for(&self, now: Ns) -> Duration {
        let silence = now.saturating_sub(self.silent_since);
        Duration::from_nanos(if self.is_waiting() { silence } else { 0 })
    }

    /// Returns the time at which the link will have delivered nothing for `silence`; `None` if no
    /// client waits.
    pub fn silence_end(&self, silence: Duration) -> Option<Ns> {
        let silence = u64::try_from(silence.as_nanos()).unwrap_or(u64::MAX);
        self.is_waiting()
            .then(|| self.silent_since.saturating_add(silence))
    }

    /// Aborts all connections, because nothing will be delivered to them any more.
    pub fn fail(&mut self) {
        self.has_failed = true;
        for flow in self.flows.values_mut() {
            flow.ungranted = 0;
            flow.buffer.abort();
        }
    }

    /// Closes the flow of a connection that is lost or complete.
    pub fn close_flow(&mut self, now: Ns, connection: u64) {
        let Some(flow) = self.flows.remove(&connection) else {
            return;
        };
        if let Some((id, _)) = flow.on_path {
            self.lost_before += self.path.flow_state(id).map_or(0, |flow| flow.lost);
            let now = self.advance_clock(now);
            self.path.close(now, id);
            self.connection_by_flow.remove(&id);
        }
    }

    /// Returns the time of the next event.
    pub fn next_event(&self) -> Option<Ns> {
        let unopened = self.flows.values().filter(|flow| flow.on_path.is_none());
        let open_by = unopened.map(|flow| flow.open_by).min();
        self.path.next().into_iter().chain(open_by).min()
    }

    /// Returns the open flows, with the ids of their connections.
    pub fn open_flows(&self) -> impl Iterator<Item = (u64, FlowState)> {
        self.flows.iter().filter_map(|(connection, flow)| {
            let state = self.path.flow_state(flow.on_path?.0)?;
            Some((*connection, state))
        })
    }

    /// Returns the segments lost since the session started.
    pub fn lost(&self) -> u64 {
        self.lost_before + self.open_flows().map(|(_, flow)| flow.lost).sum::<u64>()
    }

    /// Returns the packets dropped by a full buffer since the session started, background traffic
    /// included.
    pub fn dropped(&self) -> u64 {
        self.dropped_before + self.path.dropped_packets()
    }
}
