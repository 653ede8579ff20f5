//! What one session's lock guards: the path, and which connection is which of its flows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lanes_shared::link::{FlowId, FlowState, Link, LinkProfile, Ns, Path};

use super::send_buffer::SendBuffer;

/// The key of a flow whose client asked for no byte of a file: no offset of one.
const NO_OFFSET: u64 = 1 << 63;

/// What one session's lock guards.
pub(crate) struct SessionState {
    pub(crate) profile: LinkProfile,
    pub(crate) link: Link,
    pub(crate) path: Path,
    /// By the connection's number.
    pub(crate) flows: BTreeMap<u64, Flow>,
    pub(crate) by_flow: HashMap<FlowId, u64>,
    /// The path is never told an earlier time than the last.
    last: Ns,
    /// The pacer sleeps until then.
    pub(crate) sleeping_until: Ns,
    /// Nothing is paced any more.
    pub(crate) released: bool,
    /// Nor ever will be: the pacer panicked.
    pub(crate) failed: bool,
    /// Transmissions lost on flows that are closed.
    lost_before: u64,
    /// Packets that found the buffer of an earlier link full.
    dropped_before: u64,
}

/// A connection of the session.
pub(crate) struct Flow {
    pub(crate) buffer: Arc<SendBuffer>,
    accepted: Ns,
    /// Its flow, and the flow's key.
    path_flow: Option<(FlowId, u64)>,
    /// Without a flow by then it gets one whatever it asks for.
    open_by: Ns,
    /// Bytes produced and not yet granted.
    owed: u64,
    /// The client does not read.
    frozen: bool,
    /// What this turn of the pacer brought so far.
    pub(crate) grant: Option<Grant>,
}

/// What one turn of the pacer brings a connection.
pub(crate) struct Grant {
    /// Bytes that the client has now.
    pub(crate) bytes: u64,
    /// When it should have had the first of them.
    pub(crate) due: Ns,
    /// Whether the connection is reset behind them.
    pub(crate) reset: bool,
}

impl Flow {
    /// A connection accepted at `accepted`, which is given a flow at `open_by` if it has none.
    pub fn new(buffer: Arc<SendBuffer>, accepted: Ns, open_by: Ns) -> Self {
        Self {
            buffer,
            accepted,
            path_flow: None,
            open_by,
            owed: 0,
            frozen: false,
            grant: None,
        }
    }

    /// The client has so many bytes more.
    pub fn granted(&mut self, bytes: u64) {
        self.owed = self.owed.saturating_sub(bytes);
    }
}

impl SessionState {
    /// A session without a connection.
    pub fn new(profile: &LinkProfile, link: Link) -> Self {
        Self {
            profile: profile.clone(),
            link,
            path: Path::new(&link),
            flows: BTreeMap::new(),
            by_flow: HashMap::new(),
            last: 0,
            sleeping_until: 0,
            released: false,
            failed: false,
            lost_before: 0,
            dropped_before: 0,
        }
    }

    /// From `now` on everything goes over another link, as if each connection were made anew:
    /// what was under way on the old one is sent again.
    pub fn replace_link(&mut self, now: Ns, profile: &LinkProfile, link: Link, path: Path) {
        self.lost_before = self.lost();
        self.dropped_before = self.dropped();
        self.profile = profile.clone();
        self.link = link;
        self.path = path;
        self.by_flow.clear();
        let now = self.not_before_last(now);
        for (number, flow) in &mut self.flows {
            let Some((_, key)) = flow.path_flow else {
                continue;
            };
            let id = self.path.open(now, key);
            self.path.supply(now, id, flow.owed);
            if flow.frozen {
                self.path.freeze(now, id);
            }
            flow.path_flow = Some((id, key));
            self.by_flow.insert(id, *number);
        }
    }

    /// `now`, or the time that the path was told last if that is later.
    pub(crate) fn not_before_last(&mut self, now: Ns) -> Ns {
        self.last = self.last.max(now);
        self.last
    }

    /// Makes a flow of a connection that is none yet.
    pub fn open_flow(&mut self, connection: u64, key: u64) {
        let last = self.last;
        let Some(flow) = self.flows.get_mut(&connection) else {
            return;
        };
        if flow.path_flow.is_some() {
            return;
        }
        let now = flow.accepted.max(last);
        let id = self.path.open(now, key);
        flow.path_flow = Some((id, key));
        if flow.owed > 0 {
            self.path.supply(now, id, flow.owed);
        }
        self.last = now;
        self.by_flow.insert(id, connection);
    }

    /// Opens the flows of connections that have asked for nothing for too long.
    pub(crate) fn open_overdue(&mut self, now: Ns) {
        let overdue = |flow: &Flow| flow.path_flow.is_none() && flow.open_by <= now;
        while let Some((number, _)) = self.flows.iter().find(|(_, flow)| overdue(flow)) {
            self.open_flow(*number, NO_OFFSET);
        }
    }

    /// The connection has produced `bytes` more.
    pub fn supply(&mut self, now: Ns, connection: u64, bytes: u64) {
        let Some(flow) = self.flows.get_mut(&connection) else {
            return;
        };
        flow.owed += bytes;
        if let Some((flow, _)) = flow.path_flow {
            let now = self.not_before_last(now);
            self.path.supply(now, flow, bytes);
        }
    }

    /// The client does not read, or reads again.
    pub fn set_frozen(&mut self, now: Ns, connection: u64, frozen: bool) {
        let Some(flow) = self.flows.get_mut(&connection) else {
            return;
        };
        flow.frozen = frozen;
        let Some((flow, _)) = flow.path_flow else {
            return;
        };
        let now = self.not_before_last(now);
        if frozen {
            self.path.freeze(now, flow);
        } else {
            self.path.thaw(now, flow);
        }
    }

    /// The connection is gone, or can be written to no more.
    pub fn close_flow(&mut self, now: Ns, connection: u64) {
        let Some(flow) = self.flows.remove(&connection) else {
            return;
        };
        if let Some((flow, _)) = flow.path_flow {
            self.lost_before += self.path.flow_state(flow).map_or(0, |flow| flow.lost);
            let now = self.not_before_last(now);
            self.path.close(now, flow);
            self.by_flow.remove(&flow);
        }
    }

    /// When something is due next.
    pub(crate) fn next(&self) -> Option<Ns> {
        let unopened = self.flows.values().filter(|flow| flow.path_flow.is_none());
        let overdue = unopened.map(|flow| flow.open_by).min();
        self.path.next().into_iter().chain(overdue).min()
    }

    /// The flows under way, by their connections' numbers.
    pub fn open_flows(&self) -> impl Iterator<Item = (u64, FlowState)> {
        self.flows.iter().filter_map(|(number, flow)| {
            let state = self.path.flow_state(flow.path_flow?.0)?;
            Some((*number, state))
        })
    }

    /// Segments lost since the session began.
    pub fn lost(&self) -> u64 {
        self.lost_before + self.open_flows().map(|(_, flow)| flow.lost).sum::<u64>()
    }

    /// Packets that found the buffer full since the session began, background included.
    pub fn dropped(&self) -> u64 {
        self.dropped_before + self.path.dropped_packets()
    }
}
