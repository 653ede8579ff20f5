//! What the threads of one download share.
//!
//! 1. Before the source has said how long the file is there is only the request. The first
//!    connection that learns it *agrees* ([`Transfer::agree`]): it makes the file and the plan;
//!    the others check that they were told the same.
//! 2. Bytes are counted in atomics. A message goes to the director only for what happens seldom.

mod begin;
mod count;
mod work;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use lanes_shared::checksum::Digest;
use lanes_shared::link::LinkProfile;
use lanes_shared::race;
use lanes_shared::wire::LinkReport;

use super::FetchError;
use super::active::Active;
use super::bell::Bell;
use super::board::Board;
use super::flight::Guess;
use super::meter::Meter;
use super::request::Request;
use super::round::Round;
use super::snapshot::ConnectionState;
use super::source::http::Sites;
use super::source::{Source, lanes};
use super::stop::Stop;
use super::throttle::Throttle;
use super::verify::WholeGroups;

/// What a worker tells the director.
pub(super) enum Event {
    /// The length is known and the file made; whole groups can be hashed from now on.
    Agreed(Option<WholeGroups>),
    /// Every byte is in the file.
    Complete,
    /// The source said the digest.
    DigestKnown,
    /// The source said how the emulated link did.
    LinkKnown,
    /// The download cannot go on, and why.
    Fatal(FetchError),
    /// What else the user should know.
    Notice(String),
    /// The hasher has ended, with the digest of the whole file if it is whole.
    Hashed(std::io::Result<Option<Digest>>),
    /// A worker has ended; with a reason when it was lost or refused.
    Ended(usize, Option<String>),
}

/// Whose turn it is to ask for the length.
pub(super) enum Turn {
    /// It is known.
    Known,
    /// The asker's.
    Yours,
    /// Another's; the asker has waited a while for it.
    Wait,
}

/// One download, as its threads share it.
pub(super) struct Transfer {
    pub request: Arc<Request>,
    pub stop: Stop,
    pub started: Instant,
    /// What came before in this download.
    pub round: Round,
    pub session: [u8; 16],
    /// One for each connection that there may be.
    pub meters: Vec<Meter>,
    /// Bits of two f64: what they all bring, and what they brought at best, in bytes a second.
    rates: [AtomicU64; 2],
    /// The HTTP servers that give the file; none for a Lanes server.
    pub sites: Arc<Sites>,
    /// How many connections there are to be now; the ones behind leave.
    wanted: AtomicUsize,
    /// What the first bytes told about that.
    guess: OnceLock<Guess>,
    target: OnceLock<PathBuf>,
    /// Where neither a file nor a part of one stood when the download began.
    free: OnceLock<PathBuf>,
    active: OnceLock<Active>,
    board: Mutex<Board>,
    /// Signalled when there may be work for an idle connection, or nothing more to wait for.
    work: Arc<Bell>,
    complete: AtomicBool,
    /// The only connection, when the source gives the file only as a whole.
    single: OnceLock<usize>,
    /// Bytes that have come of a file whose length is not known.
    pub spooled: AtomicU64,
    throttle: Throttle,
    /// How often a connection has failed before the length was known.
    beginnings: AtomicUsize,
    digest_duty: OnceLock<usize>,
    /// How the emulated link did, once the server has said it.
    pub link_report: OnceLock<LinkReport>,
    report_duty: OnceLock<usize>,
    events: Sender<Event>,
}

impl Transfer {
    /// A round of a download, over at most `connections` connections.
    pub fn new(
        request: Arc<Request>,
        connections: u16,
        stop: Stop,
        round: Round,
        events: Sender<Event>,
    ) -> Self {
        let n = usize::from(connections);
        Self {
            stop,
            started: round.started,
            session: lanes::session_id(),
            meters: (0..n).map(|_| Meter::default()).collect(),
            rates: Default::default(),
            sites: Arc::clone(&round.sites),
            wanted: AtomicUsize::new(n),
            guess: OnceLock::new(),
            target: OnceLock::new(),
            free: OnceLock::new(),
            active: OnceLock::new(),
            board: Mutex::new(Board::new(n)),
            work: round.sites.bell(),
            complete: AtomicBool::new(false),
            single: OnceLock::new(),
            spooled: AtomicU64::new(0),
            throttle: Throttle::new(request.rate_limit),
            beginnings: AtomicUsize::new(0),
            digest_duty: OnceLock::new(),
            link_report: OnceLock::new(),
            report_duty: OnceLock::new(),
            events,
            request,
            round,
        }
    }

    /// What is known once the length is.
    pub fn active(&self) -> Option<&Active> {
        self.active.get()
    }

    /// Bytes that were there before the download began.
    pub fn resumed(&self) -> u64 {
        let active = || self.active().map_or(0, |active| active.resumed);
        self.round.resumed.unwrap_or_else(active)
    }

    /// Where the file is to be in the end, once its name is known.
    pub fn target(&self) -> Option<&Path> {
        self.target.get().map(PathBuf::as_path)
    }

    /// Whether connection `index`, if it `may_begin`, should ask for the length; waits a while for
    /// another that does.
    pub fn turn(&self, index: usize, may_begin: bool) -> Turn {
        let mut board = self.board();
        if self.active().is_some() || self.single().is_some_and(|only| only != index) {
            return Turn::Known;
        }
        let too_early = board.not_before.is_some_and(|time| Instant::now() < time);
        match board.prober {
            None if may_begin && !too_early => board.prober = Some(index),
            Some(prober) if prober == index => {}
            None | Some(_) => {
                drop(self.work.wait(board, Duration::from_millis(200)));
                return Turn::Wait;
            }
        }
        Turn::Yours
    }

    /// How long the first answer of a connection took, the shortest of them; zero before any. It is a
    /// round trip where the connection was ready, else two.
    pub fn latency(&self) -> Duration {
        let known = self.meters.iter().map(Meter::latency);
        known
            .filter(|latency| !latency.is_zero())
            .min()
            .unwrap_or_default()
    }

    /// All connections together bring so many bytes a second.
    pub fn note_rate(&self, bytes_per_sec: f64) {
        let [now, best] = &self.rates;
        now.store(bytes_per_sec.to_bits(), Ordering::Relaxed);
        // What is not negative has its bits in the order of its value.
        best.fetch_max(bytes_per_sec.to_bits(), Ordering::Relaxed);
    }

    /// See [`race::has_room`].
    fn has_room(&self) -> bool {
        let [now, best] = &self.rates;
        let value = |bits: &AtomicU64| f64::from_bits(bits.load(Ordering::Relaxed));
        race::has_room(value(now), value(best))
    }

    /// How often connection `index` has failed, and all of them before the length was known.
    pub fn failures(&self, index: usize) -> usize {
        let own = self.meters.get(index).map_or(0, Meter::retries) as usize;
        own.max(self.beginnings.load(Ordering::Acquire))
    }

    /// Nobody asks for the length for so long.
    pub fn hold_off(&self, time: Duration) {
        self.board().not_before = Some(Instant::now() + time);
    }

    /// A connection failed before the length was known. Returns how many of those that were in the
    /// way of the length have: where one asks for all, each failure counts; where each asks for
    /// itself, or for a server of its own, only one of each round.
    pub fn failed_to_begin(&self) -> usize {
        let failed = self.beginnings.fetch_add(1, Ordering::AcqRel) + 1;
        match self.request.source {
            Source::Http(_) => failed.div_ceil(self.sites.count().max(1)),
            Source::Lanes { .. } => failed.div_ceil(self.meters.len().max(1)),
        }
    }

    /// The only connection, when the source gives the file only as a whole.
    pub fn single(&self) -> Option<usize> {
        self.single.get().copied()
    }

    /// Connection `index` wants to be the only one. Returns whether it is.
    pub fn claim_single(&self, index: usize) -> bool {
        let only = *self.single.get_or_init(|| index) == index;
        self.work.ring();
        only
    }

    /// Whether bytes come over another connection than `index`.
    pub fn others_receive(&self, index: usize) -> bool {
        let receives = |(other, meter): (usize, &Meter)| {
            other != index && meter.state() == ConnectionState::Receiving
        };
        self.meters.iter().enumerate().any(receives)
    }

    /// Bytes came: waits until the speed limit allows the next ones.
    pub fn throttle(&self, bytes: u64) {
        self.throttle.spend(bytes, &self.stop);
        if let Some(global) = &self.request.shared_limit {
            global.spend(bytes, &self.stop);
        }
    }

    /// Every byte is in the file.
    pub fn completed(&self) {
        if !self.complete.swap(true, Ordering::AcqRel) {
            self.send(Event::Complete);
        }
    }

    /// Wakes the connections that wait for work. The caller must not hold the board.
    pub fn wake_idle(&self) {
        // Taking the board once makes sure that none is between its check and its wait.
        drop(self.board());
        self.work.ring();
    }

    /// Whether connection `index` is the one to ask for the digest: the first that offers itself.
    pub fn take_digest_duty(&self, index: usize) -> bool {
        *self.digest_duty.get_or_init(|| index) == index
    }

    /// Whether connection `index` is the one to ask how the emulated link did, and does not know
    /// yet.
    pub fn wants_link_report(&self, index: usize) -> bool {
        !self.knows_link() && *self.report_duty.get_or_init(|| index) == index
    }

    /// Whether nothing is left to learn about the emulated link.
    pub fn knows_link(&self) -> bool {
        let asked_for = self.request.link.as_ref();
        let lanes = self.request.source.lanes_server().is_some();
        !lanes || asked_for.is_none_or(LinkProfile::is_open) || self.link_report.get().is_some()
    }

    /// Whether connection `index` still has something to ask the source for.
    pub fn is_needed(&self, index: usize) -> bool {
        let asks_digest = || !self.is_settled() && self.take_digest_duty(index);
        !self.is_retired(index) && (!self.is_complete() || asks_digest())
    }

    /// Whether every byte is in the file.
    pub fn is_complete(&self) -> bool {
        self.complete.load(Ordering::Acquire)
    }

    /// Whether nothing is left to ask the source: every byte is there, and the digest is known.
    pub fn is_settled(&self) -> bool {
        self.is_complete() && self.active().is_some_and(Active::is_settled)
    }

    /// Where to tell the director what outlives the transfer.
    pub fn events(&self) -> Sender<Event> {
        self.events.clone()
    }

    /// Tells the director. It reads until the last worker has ended, so this does not wait long.
    pub fn send(&self, event: Event) {
        // An error means that the director has given the download up.
        let _ = self.events.send(event);
    }

    fn board(&self) -> MutexGuard<'_, Board> {
        // A panic elsewhere leaves spans whole; the check of the digest is the last word anyway.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
