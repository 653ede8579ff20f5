//! What the threads of one download share.
//!
//! 1. Before the source has said how long the file is there is only the request. The first
//!    connection that learns it *agrees* ([`Transfer::agree`]): it makes the file and the plan;
//!    the others check that they were told the same.
//! 2. Bytes are counted in atomics. A message goes to the director only for what happens seldom.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use lanes_shared::checksum::Digest;
use lanes_shared::endgame;
use lanes_shared::link::LinkProfile;
use lanes_shared::wire::LinkReport;

use super::repair_pass::RepairPass;
use crate::model::connection_state::ConnectionState;
use crate::model::outcome::FetchError;
use crate::model::session_id;
use crate::model::source_url::Source;
use crate::model::spec::DownloadSpec;
use crate::scheduling::mirror_set::MirrorSet;
use crate::scheduling::packet_train::CapacityEstimate;
use crate::scheduling::range_scheduler::RangeScheduler;
use crate::storage::download_file::OpenDownload;
use crate::storage::tree_hasher::CompleteGroups;
use crate::sync::cancel::CancelToken;
use crate::sync::notify::Notify;
use crate::sync::rate_limiter::RateLimiter;
use crate::telemetry::connection_counters::ConnectionCounters;

/// What a worker tells the director.
pub(crate) enum Event {
    /// The length is known and the file made; whole groups can be hashed from now on.
    Agreed(Option<CompleteGroups>),
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
    Finished(usize, Option<String>),
}

/// Whose turn it is to ask for the length.
pub(crate) enum Turn {
    /// It is known.
    Known,
    /// The asker's.
    Yours,
    /// Another's; the asker has waited a while for it.
    Wait,
}

/// One download, as its threads share it.
pub(crate) struct Transfer {
    pub request: Arc<DownloadSpec>,
    pub cancel: CancelToken,
    pub started: Instant,
    /// What came before in this download.
    pub round: RepairPass,
    pub session: [u8; 16],
    /// One for each connection that there may be.
    pub meters: Vec<ConnectionCounters>,
    /// Bits of two f64: what they all bring, and what they brought at best, in bytes a second.
    pub(super) rates: [AtomicU64; 2],
    /// The HTTP servers that give the file; none for a Lanes server.
    pub sites: Arc<MirrorSet>,
    /// How many connections there are to be now; the ones behind leave.
    pub(super) wanted: AtomicUsize,
    /// What the first bytes told about that.
    pub(super) guess: OnceLock<CapacityEstimate>,
    pub(super) target: OnceLock<PathBuf>,
    /// Where neither a file nor a part of one stood when the download began.
    pub(super) free: OnceLock<PathBuf>,
    pub(super) active: OnceLock<OpenDownload>,
    pub(super) board: Mutex<RangeScheduler>,
    /// Signalled when there may be work for an idle connection, or nothing more to wait for.
    pub(super) work: Arc<Notify>,
    pub(super) complete: AtomicBool,
    /// The only connection, when the source gives the file only as a whole.
    pub(super) single: OnceLock<usize>,
    /// Bytes that have come of a file whose length is not known.
    pub spooled: AtomicU64,
    pub(super) throttle: RateLimiter,
    /// The limit that several downloads share.
    pub(super) shared_rate: Option<Arc<RateLimiter>>,
    /// How often a connection has failed before the length was known.
    pub(super) beginnings: AtomicUsize,
    pub(super) digest_duty: OnceLock<usize>,
    /// How the emulated link did, once the server has said it.
    pub link_report: OnceLock<LinkReport>,
    pub(super) report_duty: OnceLock<usize>,
    pub(super) events: Sender<Event>,
}

impl Transfer {
    /// A round of a download, over at most `connections` connections.
    pub fn new(
        request: Arc<DownloadSpec>,
        connections: u16,
        cancel: CancelToken,
        round: RepairPass,
        shared_rate: Option<Arc<RateLimiter>>,
        events: Sender<Event>,
    ) -> Self {
        let n = usize::from(connections);
        Self {
            cancel,
            started: round.started,
            session: session_id::random(),
            meters: (0..n).map(|_| ConnectionCounters::default()).collect(),
            rates: Default::default(),
            sites: Arc::clone(&round.sites),
            wanted: AtomicUsize::new(n),
            guess: OnceLock::new(),
            target: OnceLock::new(),
            free: OnceLock::new(),
            active: OnceLock::new(),
            board: Mutex::new(RangeScheduler::new(n)),
            work: round.sites.bell(),
            complete: AtomicBool::new(false),
            single: OnceLock::new(),
            spooled: AtomicU64::new(0),
            throttle: RateLimiter::new(request.rate_limit),
            shared_rate,
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
    pub fn active(&self) -> Option<&OpenDownload> {
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
                drop(self.work.wait_timeout(board, Duration::from_millis(200)));
                return Turn::Wait;
            }
        }
        Turn::Yours
    }

    /// How long the first answer of a connection took, the shortest of them; zero before any. It is a
    /// round trip where the connection was ready, else two.
    pub fn latency(&self) -> Duration {
        let known = self.meters.iter().map(ConnectionCounters::latency);
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

    /// See [`endgame::has_spare_capacity`].
    pub(super) fn has_room(&self) -> bool {
        let [now, best] = &self.rates;
        let value = |bits: &AtomicU64| f64::from_bits(bits.load(Ordering::Relaxed));
        endgame::has_spare_capacity(value(now), value(best))
    }

    /// How often connection `index` has failed, and all of them before the length was known.
    pub fn failures(&self, index: usize) -> usize {
        let own = self
            .meters
            .get(index)
            .map_or(0, ConnectionCounters::retries) as usize;
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
        self.work.notify_all();
        only
    }

    /// Whether bytes come over another connection than `index`.
    pub fn others_receive(&self, index: usize) -> bool {
        let receives = |(other, meter): (usize, &ConnectionCounters)| {
            other != index && meter.state() == ConnectionState::Receiving
        };
        self.meters.iter().enumerate().any(receives)
    }

    /// Bytes came: waits until the speed limit allows the next ones.
    pub fn throttle(&self, bytes: u64) {
        self.throttle.consume(bytes, &self.cancel);
        if let Some(global) = &self.shared_rate {
            global.consume(bytes, &self.cancel);
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
        self.work.notify_all();
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
        self.is_complete() && self.active().is_some_and(OpenDownload::is_digest_known)
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

    pub(super) fn board(&self) -> MutexGuard<'_, RangeScheduler> {
        // A panic elsewhere leaves spans whole; the check of the digest is the last word anyway.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
