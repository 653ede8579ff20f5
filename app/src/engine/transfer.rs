//! What the threads of one download share.
//!
//! 1. Before the source has said how long the file is there is only the request. The first
//!    connection that learns it *agrees* ([`Transfer::agree`]): it makes the file and the plan;
//!    the others check that they were told the same.
//! 2. Bytes are counted in atomics. A message goes to the director only for what happens seldom.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use lanes_shared::checksum::Digest;
use lanes_shared::link::LinkProfile;
use lanes_shared::packet::PacketPlan;
use lanes_shared::segments::{Claim, Segments};
use lanes_shared::wire::{LinkReport, Opened};

use super::FetchError;
use super::cells::CellMap;
use super::file::{PartFile, Paths};
use super::journal::Journal;
use super::meter::Meter;
use super::packet_map::PacketMap;
use super::request::Request;
use super::stop::Stop;
use super::storage::{self, Storage};
use super::verify::{Groups, WholeGroups};

/// What a worker tells the director.
pub(super) enum Event {
    /// The length is known and the file made; whole groups can be hashed from now on.
    Agreed(WholeGroups),
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
    Ended(Option<String>),
}

/// Everything that exists once the length of the file is known.
pub(super) struct Active {
    pub opened: Opened,
    pub plan: PacketPlan,
    pub paths: Paths,
    pub file: PartFile,
    pub packets: PacketMap,
    pub cells: CellMap,
    pub groups: Groups,
    /// Bytes of whole packets in the file.
    pub done: AtomicU64,
    /// Bytes that an earlier attempt had brought.
    pub resumed: u64,
    /// The digest, as the source gave it.
    pub digest: OnceLock<Digest>,
}

impl Active {
    fn new(storage: Storage, opened: Opened) -> Result<(Self, WholeGroups), String> {
        let plan = PacketPlan::new(opened.len, opened.packet_len).map_err(|e| e.to_string())?;
        let (groups, whole) = Groups::new(opened.len);
        let active = Self {
            packets: PacketMap::new(plan.count()),
            cells: CellMap::new(opened.len, opened.packet_len),
            groups,
            done: AtomicU64::new(0),
            resumed: 0,
            digest: opened.digest.map_or_else(OnceLock::new, OnceLock::from),
            plan,
            paths: storage.paths,
            file: storage.file,
            opened,
        };
        Ok((active, whole))
    }

    /// Takes up what an earlier attempt left.
    fn resumed(storage: Storage, journal: &Journal) -> Option<(Self, WholeGroups)> {
        let (mut active, whole) = Self::new(storage, journal.opened()).ok()?;
        if !active.packets.load(&journal.packets) {
            return None;
        }
        let all = 0..active.plan.file_len();
        let mut at = 0;
        let missing = active.missing(&all);
        for gap in missing.iter().chain([&(all.end..all.end)]) {
            let there = at..gap.start;
            active.resumed += there.end - there.start;
            active.groups.add(there.start, there.end, |_| None);
            active.cells.add(&there, 0);
            at = gap.end;
        }
        active.done = AtomicU64::new(active.resumed);
        Some((active, whole))
    }

    /// The bytes of `range` that are missing, by whole packets.
    pub fn missing(&self, range: &Range<u64>) -> Vec<Range<u64>> {
        let runs = self.packets.missing(self.plan.ids_of(range));
        runs.iter().map(|ids| self.plan.bytes_of(ids)).collect()
    }

    /// What is to be kept for a later attempt.
    pub fn journal(&self, source: String) -> Journal {
        let mut opened = self.opened.clone();
        opened.digest = self.digest.get().copied();
        Journal::new(source, &opened, self.packets.save())
    }
}

/// Who fetches what. `None` until the length is known.
struct Board {
    segments: Option<Segments>,
    /// Which connections have asked for their share before the length was known, and for how much.
    asked: Vec<Option<u64>>,
    /// What was set aside for those when it became known.
    set_aside: Vec<Option<Range<u64>>>,
}

/// One download, as its threads share it.
pub(super) struct Transfer {
    pub request: Request,
    pub stop: Stop,
    pub started: Instant,
    pub session: [u8; 16],
    pub meters: Vec<Meter>,
    target: std::path::PathBuf,
    active: OnceLock<Active>,
    board: Mutex<Board>,
    /// Signalled when there may be work for an idle connection, or nothing more to wait for.
    work: Condvar,
    complete: AtomicBool,
    digest_duty: OnceLock<usize>,
    /// How the emulated link did, once the server has said it.
    pub link_report: OnceLock<LinkReport>,
    report_duty: OnceLock<usize>,
    events: Sender<Event>,
}

impl Transfer {
    /// A download that begins now and will be `target`.
    pub fn new(
        request: Request,
        target: std::path::PathBuf,
        connections: u16,
        stop: Stop,
        started: Instant,
        events: Sender<Event>,
    ) -> Self {
        let n = usize::from(connections);
        let board = Board {
            segments: None,
            asked: vec![None; n],
            set_aside: vec![None; n],
        };
        Self {
            request,
            stop,
            started,
            session: super::source::lanes::session_id(),
            meters: (0..n).map(|_| Meter::default()).collect(),
            target,
            active: OnceLock::new(),
            board: Mutex::new(board),
            work: Condvar::new(),
            complete: AtomicBool::new(false),
            digest_duty: OnceLock::new(),
            link_report: OnceLock::new(),
            report_duty: OnceLock::new(),
            events,
        }
    }

    /// Takes up an earlier attempt, if there is one. Called before any worker starts.
    pub fn resume(&self) {
        let source = self.request.source.to_string();
        let Some((storage, journal)) = storage::find(&source, &self.target) else {
            return;
        };
        let Some((active, whole)) = Active::resumed(storage, &journal) else {
            return;
        };
        let gaps = active.missing(&(0..active.plan.file_len()));
        let segments = Segments::of_gaps(gaps, active.opened.packet_len.into(), self.meters.len());
        self.begin(&mut self.board(), active, segments, whole);
    }

    /// What is known once the length is.
    pub fn active(&self) -> Option<&Active> {
        self.active.get()
    }

    /// Where the file is to be in the end.
    pub fn target(&self) -> &std::path::Path {
        &self.target
    }

    /// The source says that the file is like this. The first to learn it makes the file.
    ///
    /// # Errors
    /// In words: the file cannot be made, or is not what it was.
    pub fn agree(&self, opened: Opened) -> Result<&Active, String> {
        let mut board = self.board();
        let Some(active) = self.active.get() else {
            return self.make(&mut board, opened);
        };
        let same = |o: &Opened| (o.len, o.packet_len, o.modified_secs, o.modified_nanos);
        let digests = (opened.digest, active.digest.get().copied());
        let changed = matches!(digests, (Some(now), Some(then)) if now != then);
        if same(&opened) != same(&active.opened) || changed {
            return Err(self.changed(active, &opened));
        }
        if let Some(digest) = opened.digest
            && active.digest.set(digest).is_ok()
        {
            self.send(Event::DigestKnown);
        }
        Ok(active)
    }

    fn make(&self, board: &mut Board, opened: Opened) -> Result<&Active, String> {
        let storage = storage::create(&self.target, opened.len)?;
        let (active, whole) = Active::new(storage, opened)?;
        // From its first moment on the part file has a journal, or a crash would orphan it. There
        // is nothing yet that a flush could protect.
        let journal = active.journal(self.request.source.to_string());
        if let Err(error) = journal.write(&active.paths.journal, false) {
            tracing::warn!("cannot write the journal: {error}");
        }
        let granule = u64::from(active.opened.packet_len);
        let mut segments = Segments::equal(active.opened.len, granule, self.meters.len());
        for (index, asked) in board.asked.iter().enumerate() {
            match asked {
                Some(limit) => board.set_aside[index] = segments.claim_own(index, *limit),
                // It has gone already, or has not come yet: others may take its segment.
                None => segments.release(index),
            }
        }
        self.begin(board, active, segments, whole);
        self.active
            .get()
            .ok_or_else(|| "the plan was lost".to_owned())
    }

    fn begin(&self, board: &mut Board, active: Active, segments: Segments, whole: WholeGroups) {
        let complete = active.done.load(Ordering::Acquire) == active.opened.len;
        let digest_known = active.digest.get().is_some();
        board.segments = Some(segments);
        // Set once only: both callers hold the board and have seen it empty.
        let _ = self.active.set(active);
        self.send(Event::Agreed(whole));
        if digest_known {
            self.send(Event::DigestKnown);
        }
        if complete {
            self.completed();
        }
    }

    fn changed(&self, active: &Active, now: &Opened) -> String {
        if active.resumed > 0 || active.opened.packet_len != now.packet_len {
            let paths = &active.paths;
            format!(
                "the file on the server has changed since this download began; delete {} and {} to begin anew",
                paths.part.display(),
                paths.journal.display()
            )
        } else {
            "the file on the server changed while it was being fetched; try again".to_owned()
        }
    }

    /// Connection `index` is about to ask for the first `limit` bytes of its share. Returns `false`
    /// when the length is known by now, so that it must claim instead.
    pub fn ask_share(&self, index: usize, limit: u64) -> bool {
        let mut board = self.board();
        let unknown = board.segments.is_none();
        if unknown {
            board.asked[index] = Some(limit);
        }
        unknown
    }

    /// What was set aside for the share that connection `index` asked for.
    pub fn take_share(&self, index: usize) -> Option<Range<u64>> {
        self.board().set_aside[index].take()
    }

    /// The next bytes for connection `index` to fetch, at most `limit`; another's only if it
    /// `may_steal`.
    pub fn claim(&self, index: usize, limit: u64, may_steal: bool) -> Option<Claim> {
        let mut board = self.board();
        let segments = board.segments.as_mut()?;
        if !may_steal {
            let bytes = segments.claim_free(index, limit)?;
            return Some(Claim {
                bytes,
                stolen_from: None,
            });
        }
        segments.claim(index, limit, |other| {
            self.meters.get(other).map_or(0.0, Meter::speed)
        })
    }

    /// Connection `index` is gone and leaves `unfinished`: others may fetch what is missing of it.
    pub fn hand_over(&self, index: usize, unfinished: impl IntoIterator<Item = Range<u64>>) {
        let mut board = self.board();
        board.asked[index] = None;
        let set_aside = board.set_aside[index].take();
        if let (Some(active), Some(segments)) = (self.active(), board.segments.as_mut()) {
            segments.release(index);
            for range in unfinished.into_iter().chain(set_aside) {
                active
                    .missing(&range)
                    .into_iter()
                    .for_each(|gap| segments.give_back(gap));
            }
        }
        self.work.notify_all();
    }

    /// Bytes came damaged and are to be fetched again, by whoever comes first.
    pub fn give_back(&self, bytes: Range<u64>) {
        if let Some(segments) = self.board().segments.as_mut() {
            segments.give_back(bytes);
        }
        self.work.notify_all();
    }

    /// Waits until there may be work for connection `index`, or nothing more to do; at most `time`.
    pub fn wait_for_work(&self, index: usize, time: Duration) {
        let board = self.board();
        let idle = |board: &mut Board| {
            let segments = board.segments.as_ref();
            !segments.is_some_and(|s| s.has_work_for(index))
                && !self.is_complete()
                && !self.stop.is_stopped()
        };
        drop(self.work.wait_timeout_while(board, time, idle));
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
        asked_for.is_none_or(LinkProfile::is_open) || self.link_report.get().is_some()
    }

    /// Whether connection `index` still has something to ask the source for.
    pub fn is_needed(&self, index: usize) -> bool {
        !self.is_complete() || (!self.is_settled() && self.take_digest_duty(index))
    }

    /// Whether every byte is in the file.
    pub fn is_complete(&self) -> bool {
        self.complete.load(Ordering::Acquire)
    }

    /// Whether nothing is left to ask the source: every byte is there, and the digest is known.
    pub fn is_settled(&self) -> bool {
        self.is_complete()
            && self
                .active()
                .is_some_and(|active| active.digest.get().is_some())
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
