//! What one session's lock guards: the path, and which connection is which of its flows.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lanes_shared::link::{FlowId, FlowState, Link, LinkProfile, Ns, Path};

use super::lane::Lane;

/// The key of a flow whose client asked for no byte of a file: no offset of one.
const NO_OFFSET: u64 = 1 << 63;

/// What one session's lock guards.
pub(super) struct Desk {
    pub(super) profile: LinkProfile,
    pub(super) link: Link,
    pub(super) path: Path,
    /// By the connection's number.
    pub(super) members: BTreeMap<u64, Member>,
    pub(super) by_flow: HashMap<FlowId, u64>,
    /// The path is never told an earlier time than the last.
    last: Ns,
    /// The pacer sleeps until then.
    pub(super) sleeping_until: Ns,
    /// Nothing is paced any more.
    pub(super) over: bool,
    /// Nor ever will be: the pacer panicked.
    pub(super) failed: bool,
    /// Transmissions lost on flows that are closed.
    lost_before: u64,
    /// Packets that found the buffer of an earlier link full.
    dropped_before: u64,
}

/// A connection of the session.
pub(super) struct Member {
    pub(super) lane: Arc<Lane>,
    accepted: Ns,
    /// Its flow, and the flow's key.
    flow: Option<(FlowId, u64)>,
    /// Without a flow by then it gets one whatever it asks for.
    open_by: Ns,
    /// Bytes produced and not yet granted.
    owed: u64,
    /// The client does not read.
    frozen: bool,
    /// What this turn of the pacer brought so far.
    pub(super) turn: Option<Turn>,
}

/// What one turn of the pacer brings a connection.
pub(super) struct Turn {
    /// Bytes that the client has now.
    pub(super) bytes: u64,
    /// When it should have had the first of them.
    pub(super) due: Ns,
    /// Whether the connection is reset behind them.
    pub(super) reset: bool,
}

impl Member {
    /// A connection accepted at `accepted`, which is given a flow at `open_by` if it has none.
    pub fn new(lane: Arc<Lane>, accepted: Ns, open_by: Ns) -> Self {
        Self {
            lane,
            accepted,
            flow: None,
            open_by,
            owed: 0,
            frozen: false,
            turn: None,
        }
    }

    /// The client has so many bytes more.
    pub fn granted(&mut self, bytes: u64) {
        self.owed = self.owed.saturating_sub(bytes);
    }
}

impl Desk {
    /// A session without a connection.
    pub fn new(profile: &LinkProfile, link: Link) -> Self {
        Self {
            profile: profile.clone(),
            link,
            path: Path::new(&link),
            members: BTreeMap::new(),
            by_flow: HashMap::new(),
            last: 0,
            sleeping_until: 0,
            over: false,
            failed: false,
            lost_before: 0,
            dropped_before: 0,
        }
    }

    /// From `now` on everything goes over another link, as if each connection were made anew:
    /// what was under way on the old one is sent again.
    pub fn relink(&mut self, now: Ns, profile: &LinkProfile, link: Link, path: Path) {
        self.lost_before = self.lost();
        self.dropped_before = self.dropped();
        self.profile = profile.clone();
        self.link = link;
        self.path = path;
        self.by_flow.clear();
        let now = self.not_before_last(now);
        for (number, member) in &mut self.members {
            let Some((_, key)) = member.flow else {
                continue;
            };
            let flow = self.path.open(now, key);
            self.path.supply(now, flow, member.owed);
            if member.frozen {
                self.path.freeze(now, flow);
            }
            member.flow = Some((flow, key));
            self.by_flow.insert(flow, *number);
        }
    }

    /// `now`, or the time that the path was told last if that is later.
    pub(super) fn not_before_last(&mut self, now: Ns) -> Ns {
        self.last = self.last.max(now);
        self.last
    }

    /// Makes a flow of a connection that is none yet.
    pub fn open(&mut self, connection: u64, key: u64) {
        let last = self.last;
        let Some(member) = self.members.get_mut(&connection) else {
            return;
        };
        if member.flow.is_some() {
            return;
        }
        let now = member.accepted.max(last);
        let flow = self.path.open(now, key);
        member.flow = Some((flow, key));
        if member.owed > 0 {
            self.path.supply(now, flow, member.owed);
        }
        self.last = now;
        self.by_flow.insert(flow, connection);
    }

    /// Opens the flows of connections that have asked for nothing for too long.
    pub(super) fn open_overdue(&mut self, now: Ns) {
        let overdue = |member: &Member| member.flow.is_none() && member.open_by <= now;
        while let Some((number, _)) = self.members.iter().find(|(_, member)| overdue(member)) {
            self.open(*number, NO_OFFSET);
        }
    }

    /// The connection has produced `bytes` more.
    pub fn supply(&mut self, now: Ns, connection: u64, bytes: u64) {
        let Some(member) = self.members.get_mut(&connection) else {
            return;
        };
        member.owed += bytes;
        if let Some((flow, _)) = member.flow {
            let now = self.not_before_last(now);
            self.path.supply(now, flow, bytes);
        }
    }

    /// The client does not read, or reads again.
    pub fn set_frozen(&mut self, now: Ns, connection: u64, frozen: bool) {
        let Some(member) = self.members.get_mut(&connection) else {
            return;
        };
        member.frozen = frozen;
        let Some((flow, _)) = member.flow else {
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
    pub fn depart(&mut self, now: Ns, connection: u64) {
        let Some(member) = self.members.remove(&connection) else {
            return;
        };
        if let Some((flow, _)) = member.flow {
            self.lost_before += self.path.flow_state(flow).map_or(0, |flow| flow.lost);
            let now = self.not_before_last(now);
            self.path.close(now, flow);
            self.by_flow.remove(&flow);
        }
    }

    /// When something is due next.
    pub(super) fn next(&self) -> Option<Ns> {
        let unopened = self.members.values().filter(|member| member.flow.is_none());
        let overdue = unopened.map(|member| member.open_by).min();
        self.path.next().into_iter().chain(overdue).min()
    }

    /// The flows under way, by their connections' numbers.
    pub fn flows(&self) -> impl Iterator<Item = (u64, FlowState)> {
        self.members.iter().filter_map(|(number, member)| {
            let state = self.path.flow_state(member.flow?.0)?;
            Some((*number, state))
        })
    }

    /// Segments lost since the session began.
    pub fn lost(&self) -> u64 {
        self.lost_before + self.flows().map(|(_, flow)| flow.lost).sum::<u64>()
    }

    /// Packets that found the buffer full since the session began, background included.
    pub fn dropped(&self) -> u64 {
        self.dropped_before + self.path.dropped_packets()
    }
}
