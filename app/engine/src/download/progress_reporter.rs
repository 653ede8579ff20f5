//! What a download tells of itself: rates measured at every tick, snapshots made from counters.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use lanes_shared::{endgame, size};

use super::download_context::{Detail, DownloadContext};
use crate::model::command::DownloadId;
use crate::model::connection_state::ConnectionState;
use crate::model::file_name::safe_name;
use crate::model::log::Log;
use crate::model::outcome::{FetchError, Outcome};
use crate::model::resource_info::Version;
use crate::model::snapshot::{Check, DownloadSnapshot, DownloadState};
use crate::scheduling::mirror::Mirror;
use crate::storage::download_file::OpenDownload;
use crate::telemetry::timeline_recorder::{TimelineRecorder, format_duration};
use crate::transfer::shared::Transfer;

/// The most notices kept.
const MAX_NOTICES: usize = 100;

/// How long after its start the first tick of an attempt is due.
const FIRST_TICK: Duration = Duration::from_millis(1);
/// Early ticks follow each other in this share of the time that has passed: what takes 20 ms is seen
/// in detail too.
const EARLY: u32 = 10;
/// The least time over which rates are measured.
const MEASURE: Duration = Duration::from_millis(45);

/// Makes the snapshots of one download.
pub(crate) struct Reporter<'a> {
    id: DownloadId,
    added: SystemTime,
    transfer: &'a Transfer,
    pub notices: Vec<String>,
    /// None of one of several by one command: nobody looks at it so closely, and to keep it takes a sixteenth of
    /// the time of a small file.
    recorder: Option<TimelineRecorder>,
    knows_len: bool,
    last_tick: Instant,
    measured: Instant,
    /// Whether rates were measured at the last tick.
    pub has_measured: bool,
    /// Whether it failed because the file at the source is another.
    pub has_changed: bool,
    /// Whether it ended because the link leads to a Metalink file.
    pub is_metalink: bool,
    /// How many connections were begun; those behind have never been.
    pub started: usize,
    /// Of each connection: bytes when rates were last measured.
    last_bytes: Vec<u64>,
    rate: f64,
}

impl<'a> Reporter<'a> {
    pub fn new(context: DownloadContext, transfer: &'a Transfer) -> Self {
        let is_watched = context.detail == Detail::Full;
        let shares_hosts = context.limits.hosts.is_some();
        let recorder = || TimelineRecorder::new(transfer.started, Log::from(context.log));
        let mut reporter = Self {
            id: context.id,
            added: context.added,
            transfer,
            notices: transfer.round.notices.clone(),
            recorder: is_watched.then(recorder),
            knows_len: false,
            started: 0,
            last_tick: transfer.started,
            measured: transfer.started,
            has_measured: false,
            has_changed: false,
            is_metalink: false,
            last_bytes: vec![0; transfer.meters.len()],
            rate: 0.0,
        };
        reporter.record(Duration::ZERO, || asks(transfer));
        if let Some(words) =
            asks_less(transfer).filter(|words| shares_hosts && !reporter.notices.contains(words))
        {
            reporter.record(Duration::ZERO, || words.clone());
            reporter.notices.push(words);
        }
        reporter
    }

    /// Notes for the log what only who reads it wants to know.
    pub fn say(&mut self, words: &str) {
        let now = self.transfer.started.elapsed();
        self.record(now, || words.to_owned());
    }

    /// What happened after such a time is entered in the log, if there is one.
    fn record(&mut self, after: Duration, words: impl FnOnce() -> String) {
        if let Some(recorder) = &mut self.recorder {
            recorder.info(after, words());
        }
    }

    /// Keeps what the user should know; of the same sentence only one.
    pub fn notice(&mut self, notice: String) {
        if self.notices.len() < MAX_NOTICES && !self.notices.contains(&notice) {
            let now = self.transfer.started.elapsed();
            self.record(now, || notice.clone());
            self.notices.push(notice);
        }
    }

    /// Bytes that all connections have brought.
    pub fn bytes(&self) -> u64 {
        self.transfer
            .meters
            .iter()
            .map(crate::telemetry::connection_counters::ConnectionCounters::bytes)
            .sum()
    }

    /// How many connections bring bytes.
    pub fn alive(&self) -> usize {
        let receives = |meter: &&crate::telemetry::connection_counters::ConnectionCounters| {
            meter.state() == ConnectionState::Receiving
        };
        self.transfer.meters.iter().filter(receives).count()
    }

    /// How long until the next tick is due, when one is due every `tick`.
    pub fn until_tick(&self, tick: Duration) -> Duration {
        let early = (self.transfer.started.elapsed() / EARLY).max(FIRST_TICK);
        tick.min(early).saturating_sub(self.last_tick.elapsed())
    }

    /// Looks at what came, and makes a snapshot of a download under way.
    pub fn tick(&mut self, complete: bool) -> Arc<DownloadSnapshot> {
        self.last_tick = Instant::now();
        self.sample();
        self.has_measured = self.measured.elapsed() >= MEASURE;
        if self.has_measured {
            self.measure();
        }
        let state = match self.transfer.active() {
            _ if complete => DownloadState::Checking,
            Some(_) => DownloadState::Running,
            None => DownloadState::Starting,
        };
        Arc::new(self.snapshot(state))
    }

    /// Adds to the record what came since the last time.
    fn sample(&mut self) {
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        recorder.sample(&self.transfer.meters[..self.started]);
        if let Some(active) = self.transfer.active().filter(|_| !self.knows_len) {
            self.knows_len = true;
            let now = self.transfer.started.elapsed();
            recorder.info(now, answers(active));
        }
    }

    fn measure(&mut self) {
        let seconds = self.measured.elapsed().as_secs_f64().max(1e-6);
        self.measured = Instant::now();
        let weight = 1.0 - (-seconds / endgame::SMOOTHING_SECS).exp();
        // The first bytes are the rate; there is nothing to average yet.
        let averaged = |before: f64, now: f64, is_first: bool| match is_first {
            true => now,
            false => before + weight * (now - before),
        };
        let (mut before, mut now) = (0, 0.0);
        for (meter, last) in self.transfer.meters.iter().zip(&mut self.last_bytes) {
            let bytes = meter.bytes();
            let latest = (bytes - *last) as f64 / seconds;
            let speed = averaged(meter.rate(), latest, *last == 0);
            meter.set_rate(if speed < 1.0 { 0.0 } else { speed });
            meter.set_last_rate(latest);
            (before, now) = (before + *last, now + latest);
            *last = bytes;
        }
        // Not the sum of theirs: who begins counts in full when those who make room for it still do.
        self.rate = averaged(self.rate, now, before == 0);
        self.transfer.record_rate(self.rate);
    }

    /// The snapshot of a download that has ended.
    pub fn last(
        &mut self,
        state: DownloadState,
        outcome: Option<&Outcome>,
    ) -> Arc<DownloadSnapshot> {
        self.sample();
        self.say_end(&state, outcome);
        let mut snapshot = self.snapshot(state);
        if let Some(outcome) = outcome {
            snapshot.path = Some(outcome.path.clone());
            snapshot.elapsed = outcome.elapsed;
            snapshot.digest = outcome.digest;
            snapshot.checked.clone_from(&outcome.checked);
        }
        if let Some(recorder) = &mut self.recorder {
            snapshot.timeline = recorder.timeline(true);
        }
        if let Some(name) = snapshot.path.as_ref().and_then(|path| path.file_name()) {
            snapshot.name = name.to_string_lossy().into_owned();
        }
        snapshot.rate = 0.0;
        snapshot.left = None;
        for connection in &mut snapshot.connections {
            connection.rate = 0.0;
        }
        Arc::new(snapshot)
    }

    fn say_end(&mut self, state: &DownloadState, outcome: Option<&Outcome>) {
        let now = self.transfer.started.elapsed();
        let spared = self.spared();
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        match (state, outcome) {
            (_, Some(outcome)) => {
                if outcome.bytes > outcome.resumed_bytes
                    && let Some(words) = spared
                {
                    recorder.info(now, words);
                }
                let took = format_duration(outcome.elapsed);
                let path = outcome.path.display();
                let words = match outcome.checked.as_slice() {
                    [] => format!("Finished in {took}, its length is right: {path}"),
                    digests => {
                        let digests = digests.join(" and ");
                        format!("Finished in {took}, its {digests} is right: {path}")
                    }
                };
                recorder.info(now, words);
            }
            (DownloadState::Failed(reason), None) => {
                recorder.warn(now, format!("Failed: {reason}"));
            }
            _ => {
                let words = FetchError::Stopped.to_string();
                recorder.info(now, format!("It was {words}"));
            }
        }
    }

    /// What to say of connections that were not made.
    fn spared(&self) -> Option<String> {
        let transfer = self.transfer;
        let are_spared =
            self.started < transfer.target_connections() && transfer.sole_connection().is_none();
        are_spared.then(|| match self.started {
            1 => "It was here before a second connection would have brought anything".to_owned(),
            n => {
                format!("It was here before more than {n} connections would have brought anything")
            }
        })
    }

    fn snapshot(&mut self, state: DownloadState) -> DownloadSnapshot {
        let transfer = self.transfer;
        let request = &transfer.request;
        let active = transfer.active();
        let len = active.map(|active| active.info.len);
        let whole = active.map_or(0, |active| active.done.load(Ordering::Acquire));
        let partial: u64 = transfer
            .meters
            .iter()
            .map(crate::telemetry::connection_counters::ConnectionCounters::partial)
            .sum();
        let spooled = transfer.unsized_bytes.load(Ordering::Relaxed);
        let done = len.map_or(spooled, |len| (whole + partial).min(len));
        let left = len.filter(|_| self.rate >= 1.0).map(|len| {
            // Capped at a year, so that a crawling download is no overflow.
            Duration::from_secs_f64(((len - done) as f64 / self.rate).min(3.2e7))
        });
        let number = |index: usize| index as u16 + 1;
        let record = self
            .recorder
            .as_mut()
            .map(|recorder| (recorder.timeline(false), recorder.log()));
        let (timeline, log) = record.unwrap_or_else(|| (Arc::default(), Arc::from([])));
        let meters = transfer.meters.iter().enumerate();
        DownloadSnapshot {
            id: self.id,
            source: request.source.to_string(),
            name: transfer
                .target()
                .and_then(|target| target.file_name())
                .map_or_else(
                    || safe_name(&request.file_name()),
                    |name| name.to_string_lossy().into_owned(),
                ),
            path: transfer.target().map(std::path::Path::to_owned),
            mode: request.mode,
            order: request.order,
            packet_len: active.map_or(request.packet_len, |active| active.info.packet_len),
            state,
            len,
            done,
            resumed: transfer.resumed(),
            rate: self.rate,
            left,
            elapsed: transfer.started.elapsed(),
            digest: None,
            checked: Vec::new(),
            final_url: transfer.sites.primary().and_then(Mirror::final_url),
            validators: active.map_or_else(Vec::new, |active| active.info.version.header_fields()),
            retries: transfer
                .meters
                .iter()
                .map(crate::telemetry::connection_counters::ConnectionCounters::retries)
                .sum(),
            asked: transfer.target_connections() as u16,
            auto: request.most_if_auto(),
            rate_limit: request.rate_limit,
            mirrors: request.mirrors.iter().map(ToString::to_string).collect(),
            has_changed: self.has_changed,
            is_metalink: self.is_metalink,
            connections: meters
                .take(self.started)
                .map(|(index, meter)| {
                    let mut connection = meter.snapshot(number(index));
                    let recorder = self.recorder.as_ref();
                    if recorder.is_some_and(|recorder| recorder.is_stalled(index)) {
                        connection.state = ConnectionState::Stalled;
                    }
                    connection
                })
                .collect(),
            map: active.map_or_else(|| Arc::from([]), |active| active.map.snapshot()),
            notices: self.notices.clone(),
            added: self.added,
            check: Check::None,
            modified: active.and_then(modified),
            timeline,
            log,
        }
    }
}

/// The first line of an attempt.
fn asks(transfer: &Transfer) -> String {
    let source = &transfer.request.source;
    match transfer.meters.len() {
        n if transfer.request.most_if_auto().is_some() => {
            format!("Asks for {source} over at most {n} connections, as many as are worth it")
        }
        1 => format!("Asks for {source} over 1 connection"),
        n => format!("Asks for {source} over {n} connections"),
    }
}

/// That there are fewer connections than were asked for, and why; who set the limit for this download alone
/// knows it.
fn asks_less(transfer: &Transfer) -> Option<String> {
    let request = &transfer.request;
    let (wanted, most) = (
        request.mode.connections(request.connections),
        request.per_host,
    );
    let is_less = usize::from(wanted) > transfer.meters.len() && !request.auto;
    is_less.then(|| {
        format!("{wanted} connections were asked for; there may be {most} to one web server")
    })
}

/// What is known once the source has answered.
fn answers(active: &OpenDownload) -> String {
    let len = size::text(active.info.len);
    let packets = active.plan.count();
    let words = match packets {
        1 => format!("The file has {len}, in 1 packet"),
        n => format!("The file has {len}, in {n} packets"),
    };
    match active.resumed {
        0 => words,
        resumed => format!("{words}; {} are there from before", size::text(resumed)),
    }
}

/// When the file was changed last, if its source knows.
fn modified(active: &OpenDownload) -> Option<SystemTime> {
    let Version::Modified(secs, nanos) = active.info.version else {
        return None;
    };
    let secs = u64::try_from(secs).ok()?;
    let since_1970 = Duration::new(secs, nanos.min(999_999_999));
    (secs != 0).then(|| SystemTime::UNIX_EPOCH.checked_add(since_1970))?
}
