//! One session: a path, the lanes that share it, and the clock that both go by.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use lanes_shared::link::{FlowId, Link, LinkProfile, Ns, Path, name_of};
use lanes_shared::wire::{LinkReport, Refusal};

use super::book::{SessionId, no_thread};
use super::lane::Lane;
use super::lateness::Lateness;
use crate::end::End;
use crate::lock::lock;
use crate::stats::{FlowStats, LinkStats};

/// The key of a flow whose client asked for no byte of a file: no offset of one.
const NO_OFFSET: u64 = 1 << 63;
/// How long to wait for the first request before a flow is opened without, at least and at most.
/// In between it is one and a half round trips: nothing leaves the server before.
const ASK_PATIENCE: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(50)];
/// How often the rate is looked at.
const RATE_SPAN: Duration = Duration::from_millis(250);

/// One session with an emulated link.
pub(crate) struct Session {
    pub id: SessionId,
    pub profile: LinkProfile,
    pub link: Link,
    pub lateness: Lateness,
    /// The path's time is counted from here.
    origin: Instant,
    pub(super) desk: Mutex<Desk>,
    /// The pacer must look again.
    pub(super) news: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
}

pub(super) struct Desk {
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
    failed: bool,
    /// Transmissions lost on flows that are closed.
    lost_before: u64,
    pub(super) granted: u64,
    rate: Rate,
}

/// A connection of the session.
pub(super) struct Member {
    pub(super) lane: Arc<Lane>,
    accepted: Ns,
    pub(super) flow: Option<FlowId>,
    /// Without a flow by then it gets one whatever it asks for.
    open_by: Ns,
    /// Bytes produced before there was a flow.
    held: u64,
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

/// How fast bytes are granted, over about [`RATE_SPAN`].
struct Rate {
    since: Instant,
    granted: u64,
    bytes_per_sec: f64,
}

impl Session {
    /// Begins a session whose first connection was accepted at `origin`.
    pub fn start(id: SessionId, profile: &LinkProfile, origin: Instant) -> Result<Arc<Self>, End> {
        let wrong = |error: lanes_shared::link::ProfileError| {
            End::refused(Refusal::BadRequest, error.to_string())
        };
        let link = profile.validate().map_err(wrong)?;
        let session = Arc::new(Self {
            id,
            profile: profile.clone(),
            link,
            lateness: Lateness::default(),
            origin,
            desk: Mutex::new(Desk::new(&link, origin)),
            news: Condvar::new(),
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
    pub(super) fn now(&self) -> Ns {
        self.at(Instant::now())
    }

    fn at(&self, time: Instant) -> Ns {
        time.saturating_duration_since(self.origin).as_nanos() as Ns
    }

    /// When the path's time was so much.
    pub(super) fn instant(&self, at: Ns) -> Instant {
        self.origin + Duration::from_nanos(at)
    }

    /// A connection joins. It becomes a flow when it is known what it asks for.
    pub fn admit(&self, lane: &Arc<Lane>) {
        let accepted = self.at(lane.connection.since);
        let [least, most] = ASK_PATIENCE;
        let patience = Duration::from_nanos(self.link.rtt() / 2 * 3).clamp(least, most);
        let mut desk = lock(&self.desk);
        if desk.failed {
            lane.cut();
        } else if desk.over {
            lane.release();
        }
        let member = Member {
            lane: Arc::clone(lane),
            accepted,
            flow: None,
            open_by: accepted + patience.as_nanos() as Ns,
            held: 0,
            turn: None,
        };
        desk.members.insert(lane.connection.id, member);
        self.look_again(&desk);
    }

    /// The first byte that the connection asks for of a file is the one at `offset`. A later call
    /// changes nothing.
    pub fn first_asked(&self, connection: u64, offset: u64) {
        let mut desk = lock(&self.desk);
        desk.open(connection, offset);
        self.look_again(&desk);
    }

    /// The connection has produced `bytes` more.
    pub fn supply(&self, connection: u64, bytes: u64) {
        let mut desk = lock(&self.desk);
        let Some(member) = desk.members.get_mut(&connection) else {
            return;
        };
        match member.flow {
            Some(flow) => {
                let now = desk.not_before_last(self.now());
                desk.path.supply(now, flow, bytes);
            }
            None => member.held += bytes,
        }
        self.look_again(&desk);
    }

    /// The client reads again.
    pub fn thaw(&self, connection: u64) {
        let mut desk = lock(&self.desk);
        if let Some(flow) = desk.members.get(&connection).and_then(|member| member.flow) {
            let now = desk.not_before_last(self.now());
            desk.path.thaw(now, flow);
        }
        self.look_again(&desk);
    }

    /// The connection is gone, or can be written to no more.
    pub fn depart(&self, connection: u64) {
        let mut desk = lock(&self.desk);
        if let Some(flow) = desk
            .members
            .remove(&connection)
            .and_then(|member| member.flow)
        {
            desk.lost_before += desk.path.flow_state(flow).map_or(0, |flow| flow.lost);
            let now = desk.not_before_last(self.now());
            desk.path.close(now, flow);
            desk.by_flow.remove(&flow);
        }
    }

    /// The server is being stopped: everything that waits is let go.
    pub fn release(&self) {
        let mut desk = lock(&self.desk);
        desk.over = true;
        desk.members
            .values()
            .for_each(|member| member.lane.release());
        self.news.notify_one();
    }

    /// The last connection is gone. The pacer has ended on return.
    pub fn end(&self) {
        lock(&self.desk).over = true;
        self.news.notify_one();
        let thread = lock(&self.thread).take();
        if thread.is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a thread panicked: pacer");
        }
    }

    /// How the link did so far, for the client.
    pub fn report(&self) -> LinkReport {
        let desk = lock(&self.desk);
        LinkReport {
            lateness_p99_us: self.lateness.p99().as_micros() as u64,
            dropped: desk.path.dropped_packets(),
            lost: desk.lost_before + desk.flows().map(|(_, flow)| flow.lost).sum::<u64>(),
        }
    }

    /// The session's numbers.
    pub fn stats(&self) -> LinkStats {
        let desk = lock(&self.desk);
        let flows = desk.flows().map(|(connection, flow)| FlowStats {
            connection,
            cwnd: flow.cwnd,
            in_flight: flow.in_flight,
        });
        LinkStats {
            session: self.id,
            profile: name_of(&self.profile),
            connections: desk.members.len(),
            flows: flows.collect(),
            queue_bytes: desk.path.queue_bytes(),
            dropped: desk.path.dropped_packets(),
            bytes_per_sec: desk.rate.now() as u64,
            lateness_p99: self.lateness.p99(),
        }
    }

    /// Wakes the pacer if something is due before it would wake by itself.
    fn look_again(&self, desk: &Desk) {
        if desk.next().is_some_and(|next| next < desk.sleeping_until) {
            self.news.notify_one();
        }
    }
}

/// Without a pacer nothing would ever be granted: if it panics, its connections are lost.
struct Guard<'a>(&'a Session);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let mut desk = lock(&self.0.desk);
            desk.failed = true;
            desk.members.values().for_each(|member| member.lane.cut());
        }
    }
}

impl Desk {
    fn new(link: &Link, origin: Instant) -> Self {
        Self {
            path: Path::new(link),
            members: BTreeMap::new(),
            by_flow: HashMap::new(),
            last: 0,
            sleeping_until: 0,
            over: false,
            failed: false,
            lost_before: 0,
            granted: 0,
            rate: Rate {
                since: origin,
                granted: 0,
                bytes_per_sec: 0.0,
            },
        }
    }

    /// `now`, or the time that the path was told last if that is later.
    pub(super) fn not_before_last(&mut self, now: Ns) -> Ns {
        self.last = self.last.max(now);
        self.last
    }

    /// Makes a flow of a connection that is none yet.
    fn open(&mut self, connection: u64, key: u64) {
        let last = self.last;
        let Some(member) = self.members.get_mut(&connection) else {
            return;
        };
        if member.flow.is_some() {
            return;
        }
        let now = member.accepted.max(last);
        let flow = self.path.open(now, key);
        member.flow = Some(flow);
        if member.held > 0 {
            self.path.supply(now, flow, member.held);
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

    /// When something is due next.
    pub(super) fn next(&self) -> Option<Ns> {
        let unopened = self.members.values().filter(|member| member.flow.is_none());
        let overdue = unopened.map(|member| member.open_by).min();
        self.path.next().into_iter().chain(overdue).min()
    }

    fn flows(&self) -> impl Iterator<Item = (u64, lanes_shared::link::FlowState)> {
        self.members.iter().filter_map(|(number, member)| {
            let state = self.path.flow_state(member.flow?)?;
            Some((*number, state))
        })
    }

    /// Looks at the rate from time to time.
    pub(super) fn measure(&mut self) {
        let span = self.rate.since.elapsed();
        if span >= RATE_SPAN {
            let bytes = self.granted - self.rate.granted;
            self.rate = Rate {
                since: Instant::now(),
                granted: self.granted,
                bytes_per_sec: bytes as f64 / span.as_secs_f64(),
            };
        }
    }
}

impl Rate {
    /// Bytes a second now: nobody measures while nothing happens.
    fn now(&self) -> f64 {
        if self.since.elapsed() > 4 * RATE_SPAN {
            return 0.0;
        }
        self.bytes_per_sec
    }
}
