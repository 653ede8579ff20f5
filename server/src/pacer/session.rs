//! One session: a path, the lanes that share it, and the clock that both go by.

use std::sync::{Arc, Condvar, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use lanes_shared::link::{Link, LinkProfile, Ns, Path, name_of};
use lanes_shared::wire::{LinkReport, Refusal};

use super::book::{SessionId, no_thread};
use super::desk::{Desk, Member};
use super::lane::Lane;
use super::lateness::Lateness;
use crate::end::End;
use crate::sync::lock;
use crate::telemetry::byte_counter::ByteCounter;
use crate::telemetry::stats::{FlowStats, LinkStats};

/// How long to wait for the first request before a flow is opened without, at least and at most.
/// In between it is one and a half round trips: nothing leaves the server before.
const ASK_PATIENCE: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(50)];

/// One session with an emulated link.
pub(crate) struct Session {
    pub id: SessionId,
    pub lateness: Lateness,
    /// Bytes granted, headers of packets included.
    pub(super) granted: ByteCounter,
    /// The path's time is counted from here.
    origin: Instant,
    pub(super) desk: Mutex<Desk>,
    /// The pacer must look again.
    pub(super) news: Condvar,
    thread: Mutex<Option<JoinHandle<()>>>,
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
            lateness: Lateness::default(),
            granted: ByteCounter::default(),
            origin,
            desk: Mutex::new(Desk::new(profile, link)),
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
        let mut desk = lock(&self.desk);
        let patience = Duration::from_nanos(desk.link.rtt() / 2 * 3).clamp(least, most);
        if desk.failed {
            lane.cut();
        } else if desk.over {
            lane.release();
        }
        let open_by = accepted + patience.as_nanos() as Ns;
        let member = Member::new(Arc::clone(lane), accepted, open_by);
        desk.members.insert(lane.connection.id, member);
        self.look_again(&desk);
    }

    /// From now on everything goes over another link.
    pub fn relink(&self, profile: &LinkProfile, link: Link) {
        // Background flows find their balance before anybody has to wait for the lock.
        let path = Path::new(&link);
        lock(&self.desk).relink(self.now(), profile, link, path);
        self.news.notify_one();
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
        desk.supply(self.now(), connection, bytes);
        self.look_again(&desk);
    }

    /// The client reads again.
    pub fn thaw(&self, connection: u64) {
        let mut desk = lock(&self.desk);
        desk.set_frozen(self.now(), connection, false);
        self.look_again(&desk);
    }

    /// The connection is gone, or can be written to no more.
    pub fn depart(&self, connection: u64) {
        lock(&self.desk).depart(self.now(), connection);
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

    /// Whether its link is that of this profile.
    pub fn has(&self, profile: &LinkProfile) -> bool {
        lock(&self.desk).profile == *profile
    }

    /// How many connections its link's server takes.
    pub fn max_connections(&self) -> Option<u32> {
        lock(&self.desk).link.max_connections()
    }

    /// How the link did so far, for the client.
    pub fn report(&self) -> LinkReport {
        let desk = lock(&self.desk);
        LinkReport {
            lateness_p99_us: self.lateness.p99().as_micros() as u64,
            dropped: desk.dropped(),
            lost: desk.lost(),
        }
    }

    /// The session's numbers.
    pub fn stats(&self) -> LinkStats {
        let desk = lock(&self.desk);
        let flows = desk.flows().map(|(connection, flow)| FlowStats {
            connection,
            cwnd: flow.cwnd,
            in_flight: flow.in_flight,
            lost: flow.lost,
            round_trip: Duration::from_nanos(flow.smoothed_rtt),
        });
        let has_bottleneck = desk.link.rate_bps().is_some();
        LinkStats {
            session: self.id,
            profile: name_of(&desk.profile),
            connections: desk.members.len(),
            flows: flows.collect(),
            queue_bytes: desk.path.queue_bytes(),
            buffer_bytes: if has_bottleneck {
                desk.link.buffer_bytes()
            } else {
                0
            },
            dropped: desk.dropped(),
            lost: desk.lost(),
            bytes_per_sec: self.granted.per_sec(),
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
