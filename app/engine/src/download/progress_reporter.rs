//! Progress of one attempt: measures rates at every tick, and builds snapshots from the counters.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime};

use lanes_shared::endgame;

use super::attempt_inputs::{AttemptInputs, Detail};
use super::bottleneck_finder::BottleneckFinder;
use super::log_text;
use super::running_options::RunningOptions;
use crate::model::command::DownloadId;
use crate::model::connection_state::ConnectionState;
use crate::model::display_text::one_line;
use crate::model::download_log::Log;
use crate::model::file_name::safe_name;
use crate::model::outcome::Outcome;
use crate::model::snapshot::{
    Check, ConnectionSnapshot, DownloadSnapshot, DownloadState, Recorded,
};
use crate::model::timeline::MAX_ARRIVALS;
use crate::scheduling::mirror::Mirror;
use crate::telemetry::connection_counters::ConnectionCounters;
use crate::telemetry::timeline_recorder::TimelineRecorder;
use crate::transfer::shared::Transfer;

/// Largest number of notices that are kept.
const MAX_NOTICES: usize = 100;

/// Time from the start of an attempt to its first tick.
const FIRST_TICK: Duration = Duration::from_millis(1);
/// Early ticks come after this fraction (one n-th) of the elapsed time, so that a download of 20 ms
/// is resolved in detail too.
const EARLY_TICK_FRACTION: u32 = 10;
/// The same where nothing shows the details. Each tick wakes a thread, and a batch has one for each file.
const COARSE_TICK_FRACTION: u32 = 2;
/// Shortest time over which rates are measured.
const MIN_MEASURE: Duration = Duration::from_millis(45);
/// Longest estimate of the time left, in seconds (about a year); bounds the conversion to
/// [`Duration`].
const MAX_TIME_LEFT_SECS: f64 = 3.2e7;

/// Measures the rates of one attempt and builds its snapshots.
pub(crate) struct ProgressReporter<'a> {
    id: DownloadId,
    added: SystemTime,
    transfer: &'a Transfer,
    pub notices: Vec<String>,
    pub bottleneck: BottleneckFinder,
    /// Present at [`Detail::Full`].
    recorder: Option<TimelineRecorder>,
    is_len_logged: bool,
    last_tick: Instant,
    last_measured: Instant,
    /// Set when the last tick measured rates.
    pub has_measured: bool,
    /// Set when the attempt failed because the file at the source changed.
    pub source_changed: bool,
    /// Set when the attempt ended because the link leads to a Metalink file.
    pub is_metalink: bool,
    /// Most connections that are tried, if their number is chosen automatically.
    pub auto_limit: Option<u16>,
    options: Option<Arc<RunningOptions>>,
    /// Number of connections that were ever started; those with a higher index never were.
    pub started: usize,
    /// By connection: bytes received when rates were last measured.
    last_bytes: Vec<u64>,
    /// Smoothed rate of the whole download, in bytes per second.
    rate: f64,
}

impl<'a> ProgressReporter<'a> {
    pub fn new(inputs: &AttemptInputs, transfer: &'a Transfer) -> Self {
        let recorder = || {
            let log = Log::from(Arc::clone(&inputs.log));
            TimelineRecorder::new(transfer.context.started, log)
        };
        let mut reporter = Self {
            id: inputs.id,
            added: inputs.added,
            transfer,
            notices: transfer.context.carried.notices.clone(),
            bottleneck: BottleneckFinder::default(),
            recorder: (inputs.detail == Detail::Full).then(recorder),
            is_len_logged: false,
            started: 0,
            last_tick: transfer.context.started,
            last_measured: transfer.context.started,
            has_measured: false,
            source_changed: false,
            is_metalink: false,
            auto_limit: transfer.context.spec.auto_limit(),
            options: inputs.options.clone(),
            last_bytes: vec![0; transfer.counters.connections().len()],
            rate: 0.0,
        };
        reporter.log_at(Duration::ZERO, || log_text::requesting(transfer));
        // A limit that the specification itself sets is known to the user.
        let is_limit_shared = inputs.limits.hosts.is_some();
        if let Some(notice) = log_text::limited(transfer)
            .filter(|notice| is_limit_shared && !reporter.notices.contains(notice))
        {
            reporter.log_at(Duration::ZERO, || notice.clone());
            reporter.notices.push(notice);
        }
        reporter
    }

    /// Adds a line to the log that is no notice to the user.
    pub fn log(&mut self, text: &str) {
        self.log_at(self.transfer.context.started.elapsed(), || text.to_owned());
    }

    fn log_at(&mut self, since_start: Duration, text: impl FnOnce() -> String) {
        if let Some(recorder) = &mut self.recorder {
            recorder.info(since_start, text());
        }
    }

    /// Adds a notice to the user, unless the same one exists.
    pub fn notice(&mut self, mut notice: String) {
        // A part of it may come from a server.
        notice = one_line(&notice).into_owned();
        if self.notices.len() < MAX_NOTICES && !self.notices.contains(&notice) {
            self.log(&notice);
            self.notices.push(notice);
        }
    }

    /// Returns the bytes that all connections have received.
    pub fn bytes(&self) -> u64 {
        let meters = self.transfer.counters.connections().iter();
        meters.map(ConnectionCounters::bytes).sum()
    }

    /// Returns the number of connections that are receiving.
    pub fn receiving_connections(&self) -> usize {
        let receives = |meter: &&ConnectionCounters| meter.state() == ConnectionState::Receiving;
        self.transfer
            .counters
            .connections()
            .iter()
            .filter(receives)
            .count()
    }

    /// Returns the time until the next tick, if one is due every `tick`.
    pub fn until_tick(&self, tick: Duration) -> Duration {
        let fraction = match self.recorder {
            Some(_) => EARLY_TICK_FRACTION,
            None => COARSE_TICK_FRACTION,
        };
        let early = (self.transfer.context.started.elapsed() / fraction).max(FIRST_TICK);
        tick.min(early).saturating_sub(self.last_tick.elapsed())
    }

    /// Samples the counters, and builds the snapshot of a running download.
    pub fn tick(&mut self, is_complete: bool) -> Arc<DownloadSnapshot> {
        self.last_tick = Instant::now();
        self.sample();
        if let (Some(recorder), true) = (&mut self.recorder, is_complete) {
            recorder.received_all();
        }
        self.has_measured = self.last_measured.elapsed() >= MIN_MEASURE;
        if self.has_measured {
            self.measure();
            if self.recorder.is_some() {
                self.bottleneck.find(self.transfer, is_complete);
            }
        }
        let state = match self.transfer.context.active() {
            _ if is_complete => DownloadState::Verifying,
            Some(_) => DownloadState::Running,
            None => DownloadState::Starting,
        };
        Arc::new(self.snapshot(state))
    }

    /// Adds what happened since the last call to the timeline and the log.
    fn sample(&mut self) {
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        let active = self.transfer.context.active();
        let has_all_packets = active.is_some_and(|active| active.plan.count() <= MAX_ARRIVALS);
        let connections = &self.transfer.counters.connections()[..self.started];
        recorder.sample(connections, has_all_packets);
        if let Some(active) = self
            .transfer
            .context
            .active()
            .filter(|_| !self.is_len_logged)
        {
            self.is_len_logged = true;
            let now = self.transfer.context.started.elapsed();
            recorder.info(now, log_text::file_size(active));
        }
    }

    fn measure(&mut self) {
        let seconds = self.last_measured.elapsed().as_secs_f64().max(1e-6);
        self.last_measured = Instant::now();
        let weight = 1.0 - (-seconds / endgame::SMOOTHING_SECS).exp();
        // The first measurement is the rate; there is nothing to average yet.
        let smoothed = |before: f64, now: f64, is_first: bool| match is_first {
            true => now,
            false => before + weight * (now - before),
        };
        let (mut bytes_before, mut rate_now) = (0, 0.0);
        for (meter, last) in self
            .transfer
            .counters
            .connections()
            .iter()
            .zip(&mut self.last_bytes)
        {
            let bytes = meter.bytes();
            let latest = (bytes - *last) as f64 / seconds;
            let rate = smoothed(meter.rate(), latest, *last == 0);
            meter.set_rate(if rate < 1.0 { 0.0 } else { rate });
            meter.set_last_rate(latest);
            (bytes_before, rate_now) = (bytes_before + *last, rate_now + latest);
            *last = bytes;
        }
        // Not the sum of the smoothed rates: a new connection counts in full at once, while the
        // smoothed rates of those it slows down decrease only gradually.
        self.rate = smoothed(self.rate, rate_now, bytes_before == 0);
        self.transfer.counters.record_rate(self.rate, rate_now);
    }

    /// Returns the snapshot of an attempt that has ended.
    pub fn final_snapshot(
        &mut self,
        state: DownloadState,
        outcome: Option<&Outcome>,
    ) -> Arc<DownloadSnapshot> {
        self.sample();
        if let (Some(recorder), Some(_)) = (&mut self.recorder, outcome) {
            recorder.received_all();
        }
        self.log_end(&state, outcome);
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
            snapshot.name = one_line(&name.to_string_lossy()).into_owned();
        }
        snapshot.rate = 0.0;
        snapshot.time_left = None;
        snapshot.bottleneck = self.bottleneck.longest();
        for connection in &mut snapshot.connections {
            connection.rate = 0.0;
        }
        Arc::new(snapshot)
    }

    fn log_end(&mut self, state: &DownloadState, outcome: Option<&Outcome>) {
        let transfer = self.transfer;
        let now = transfer.context.started.elapsed();
        let are_some_unopened = self.started < transfer.scheduler.target_connections()
            && transfer.context.sole_connection().is_none();
        let Some(recorder) = &mut self.recorder else {
            return;
        };
        match (state, outcome) {
            (_, Some(outcome)) => {
                if outcome.bytes > outcome.resumed_bytes && are_some_unopened {
                    recorder.info(now, log_text::not_needed(self.started));
                }
                recorder.info(now, log_text::finished(outcome));
            }
            (DownloadState::Failed(reason), None) => {
                recorder.warn(now, format!("Failed: {reason}"));
            }
            _ => recorder.info(now, "Stopped; the partial file is kept".to_owned()),
        }
    }

    fn snapshot(&mut self, state: DownloadState) -> DownloadSnapshot {
        let transfer = self.transfer;
        let spec = &transfer.context.spec;
        let active = transfer.context.active();
        let len = active.map(|active| active.info.len);
        let done = self.done();
        let record = self
            .recorder
            .as_mut()
            .map(|recorder| (recorder.timeline(false), recorder.log()));
        let (timeline, log) = record.unwrap_or_else(|| (Arc::default(), Arc::from([])));
        let meters = transfer.counters.connections().iter();
        let state_is_active = state.is_active();
        DownloadSnapshot {
            id: self.id,
            start_at: None,
            lasting_id: spec.lasting_id,
            source: spec.source.clone(),
            name: self.name(),
            path: transfer.context.target().map(Path::to_owned),
            mode: spec.mode,
            order: spec.order,
            packet_len: active.map_or(spec.packet_len, |active| active.info.packet_len),
            state,
            len,
            done,
            resumed: transfer.context.resumed(),
            rate: self.rate,
            time_left: len.and_then(|len| self.time_left(len - done)),
            elapsed: transfer.context.started.elapsed(),
            digest: None,
            checked: Vec::new(),
            final_url: transfer
                .context
                .mirrors
                .primary()
                .and_then(Mirror::final_url),
            validators: active.map_or_else(Vec::new, |active| active.info.version.header_fields()),
            outage: state_is_active.then(|| transfer.current_outage()).flatten(),
            bottleneck: self.bottleneck.present().filter(|_| state_is_active),
            retries: meters.map(ConnectionCounters::retries).sum(),
            target_connections: match transfer.context.sole_connection() {
                Some(_) => 1,
                None => transfer.scheduler.target_connections() as u16,
            },
            auto_limit: self.auto_limit,
            rate_limit: transfer.throttle.limits()[0],
            priority: self
                .options
                .as_ref()
                .map_or(spec.priority, |options| options.priority()),
            link: spec.link.clone(),
            mirrors: spec.mirrors.clone(),
            sends: spec.http.sent_names(),
            source_changed: self.source_changed,
            is_metalink: self.is_metalink,
            connections: self.connections(),
            ways: transfer.ways.snapshot(transfer.counters.connections()),
            map: active.map_or_else(|| Arc::from([]), |active| active.map.snapshot()),
            notices: self.notices.clone(),
            added: self.added,
            check: Check::None,
            modified: active.and_then(|active| active.info.version.modified()),
            timeline,
            recorded: Recorded::Absent,
            log,
        }
    }

    /// Returns the bytes of the file that have arrived, in this attempt or before.
    fn done(&self) -> u64 {
        let transfer = self.transfer;
        let Some(active) = transfer.context.active() else {
            return transfer.counters.unsized_bytes.load(Ordering::Relaxed);
        };
        let complete = active.done.load(Ordering::Acquire);
        let partial: u64 = transfer
            .counters
            .connections()
            .iter()
            .map(ConnectionCounters::partial)
            .sum();
        (complete + partial).min(active.info.len)
    }

    fn time_left(&self, bytes: u64) -> Option<Duration> {
        let seconds = (bytes as f64 / self.rate).min(MAX_TIME_LEFT_SECS);
        (self.rate >= 1.0).then(|| Duration::from_secs_f64(seconds))
    }

    fn name(&self) -> String {
        let target = self.transfer.context.target().and_then(Path::file_name);
        target.map_or_else(
            || safe_name(&self.transfer.context.spec.file_name()),
            |name| one_line(&name.to_string_lossy()).into_owned(),
        )
    }

    fn connections(&self) -> Vec<ConnectionSnapshot> {
        let meters = self.transfer.counters.connections().iter().enumerate();
        let snapshot = |(index, meter): (usize, &ConnectionCounters)| {
            let mut connection = meter.snapshot(index as u16 + 1);
            let recorder = self.recorder.as_ref();
            let derived = recorder.and_then(|recorder| recorder.derived_state(index));
            connection.state = derived.unwrap_or(connection.state);
            connection
        };
        meters.take(self.started).map(snapshot).collect()
    }
}
