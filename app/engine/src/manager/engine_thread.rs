//! The engine's own thread: owns the downloads, handles commands, and reacts to the ends of jobs.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, bounded, select};

use super::managed_download::{ManagedDownload, RemovedDownload};
use super::move_error::MoveError;
use super::saved_downloads;
use super::saved_downloads::SavedDownloads;
use super::small_file_servers::SmallFileServers;
use super::snapshot_store::SnapshotStore;
use super::start_times::StartTimes;
use crate::download::attempt_result::AttemptResult;
use crate::model::command::{Command, DownloadId, Limits};
use crate::model::http_options::ProxyChoice;
use crate::model::outcome::FetchError;
use crate::model::recording::{Recording, RecordingId};
use crate::model::snapshot::{Catalogue, Check, DownloadSnapshot, DownloadState, Recorded};
use crate::model::source_url::ServerName;
use crate::model::way::WayName;
use crate::protocol::http::transport::pool::ConnectionPool;
use crate::scheduling::host_limiter::HostLimiter;
use crate::storage::connection_limit_cache;
use crate::storage::connection_limit_cache::ConnectionLimitCache;
use crate::storage::recording_store::{ReadRecordingError, RecordingStore};
use crate::sync::cancel::CancelToken;
use crate::sync::rate_limiter::RateLimiter;
use crate::sync::thread_spawner::ThreadSpawner;

/// Interval at which the list is saved while only byte counts change.
const SAVE_INTERVAL: Duration = Duration::from_secs(5);
/// Share of the time that saving a long list may take, as one n-th.
const SAVE_SHARE: u32 = 50;
/// Delay before saving is tried again while an earlier list is being written.
const SAVE_RETRY: Duration = Duration::from_millis(100);

/// Result of a job that ran on a thread of the engine.
pub(super) enum JobResult {
    /// An attempt has ended; an error means that its thread did not run to the end.
    Download(DownloadId, Result<Box<AttemptResult>, FetchError>),
    Catalogue(ServerName, Catalogue),
    /// The new path of a finished file.
    Move(DownloadId, Result<PathBuf, MoveError>),
    Verification(DownloadId, Check),
    /// The recording of a download, if it is still kept.
    Recording(
        DownloadId,
        Result<Option<Box<Recording>>, ReadRecordingError>,
    ),
}

/// Owns the downloads. `attempts` starts and ends them.
pub(crate) struct EngineThread {
    pub(super) snapshots: Arc<SnapshotStore>,
    pub(super) downloads: BTreeMap<DownloadId, ManagedDownload>,
    /// Queued downloads, in the order in which they start.
    pub(super) queue: VecDeque<DownloadId>,
    pub(super) is_queue_stopped: bool,
    /// Downloads that were removed from the list, the last ones.
    pub(super) removed: VecDeque<RemovedDownload>,
    pub(super) start_times: StartTimes,
    pub(super) limits: Limits,
    pub(super) small_file_servers: SmallFileServers,
    /// Limits the bytes per second of all downloads together.
    pub(super) rate_limiter: Arc<RateLimiter>,
    /// Limits the connections of all downloads to each HTTP server.
    pub(super) host_limiter: Arc<HostLimiter>,
    /// Idle connections that one download leaves to the next, while any download runs.
    pub(super) connection_pool: Arc<ConnectionPool>,
    /// Proxy of downloads that name none.
    pub(super) proxy: ProxyChoice,
    /// Network interfaces of downloads that name none.
    pub(super) ways: Vec<WayName>,
    /// Servers whose catalogues are being fetched.
    pub(super) pending_catalogues: HashSet<ServerName>,
    pub(super) history: Option<SavedDownloads>,
    pub(super) recordings: Option<RecordingStore>,
    /// Name of the newest recording.
    pub(super) last_recording: RecordingId,
    /// Number of recordings that are being read.
    pub(super) reading_recordings: usize,
    /// Set when the list differs from the one that was saved last.
    pub(super) is_dirty: bool,
    last_saved: Instant,
    /// Time until the list is saved again, if it is long.
    save_pause: Duration,
    pub(super) threads: ThreadSpawner<JobResult>,
    results: Receiver<JobResult>,
}

impl EngineThread {
    /// Creates the thread's state without downloads. Each of its threads runs `init` first.
    ///
    /// # Errors
    /// The system cannot create a thread.
    pub fn new(snapshots: Arc<SnapshotStore>, init: fn()) -> io::Result<Self> {
        let (sender, results) = bounded(64);
        Ok(Self {
            snapshots,
            downloads: BTreeMap::new(),
            queue: VecDeque::new(),
            is_queue_stopped: false,
            removed: VecDeque::new(),
            start_times: StartTimes::default(),
            limits: Limits::default(),
            small_file_servers: SmallFileServers::default(),
            rate_limiter: Arc::new(RateLimiter::new(None)),
            host_limiter: Arc::new(HostLimiter::new(Limits::default().per_host)),
            connection_pool: Arc::new(ConnectionPool::with_reuse()),
            proxy: ProxyChoice::default(),
            ways: Vec::new(),
            pending_catalogues: HashSet::new(),
            history: None,
            recordings: None,
            last_recording: RecordingId(0),
            reading_recordings: 0,
            is_dirty: false,
            last_saved: Instant::now(),
            save_pause: Duration::ZERO,
            threads: ThreadSpawner::start(init, sender)?,
            results,
        })
    }

    /// Restores the list of downloads from the file at `path`, with ids from 1 on, and saves it
    /// there from now on.
    pub fn restore(&mut self, path: &Path) {
        match SavedDownloads::open(path) {
            Ok((history, saved, notice)) => {
                let hosts = path.with_file_name(connection_limit_cache::FILE_NAME);
                self.host_limiter
                    .set_memory(ConnectionLimitCache::new(hosts));
                self.publish_hosts();
                self.history = Some(history);
                let numbered = (1..).map(DownloadId).zip(saved);
                let (downloads, start_times) = (&mut self.downloads, &mut self.start_times);
                self.snapshots
                    .publish_all(numbered.map(|(id, (spec, snapshot, recording))| {
                        start_times.insert(id, spec.start_at);
                        let download = ManagedDownload::new(spec, snapshot.added);
                        let download = ManagedDownload {
                            recording,
                            ..download
                        };
                        downloads.insert(id, download);
                        let recorded = recording.map_or(Recorded::Absent, |_| Recorded::Stored);
                        DownloadSnapshot {
                            id,
                            recorded,
                            ..snapshot
                        }
                    }));
                self.open_recordings(path);
                if let Some(notice) = notice {
                    self.snapshots.add_notice(notice);
                }
            }
            Err(error) => {
                let notice = format!("The list of downloads is not saved: {error}");
                self.snapshots.add_notice(notice);
            }
        }
    }

    /// Handles commands until every sender is dropped; then stops all jobs and waits for them.
    pub fn run(mut self, commands: &Receiver<Command>) {
        loop {
            select! {
                recv(commands) -> command => match command {
                    Ok(command) => self.handle_command(command),
                    Err(_) => break,
                },
                recv(self.results) -> result => if let Ok(result) = result {
                    self.on_result(result);
                },
                default(self.until_save().min(self.start_times.until_check())) => {
                    self.is_dirty |= self.until_save().is_zero();
                }
            }
            self.start_due();
            self.publish_queue();
            self.save();
        }
        self.queue.clear();
        for download in self.downloads.values() {
            download.stop();
        }
        while !self.pending_catalogues.is_empty()
            || self.reading_recordings > 0
            || self.downloads.values().any(ManagedDownload::is_busy)
            || self.removed.iter().any(|one| one.download.is_busy())
        {
            let Ok(result) = self.results.recv() else {
                break;
            };
            self.on_result(result);
        }
        self.forget_removed();
        // Written before the list that names them.
        drop(self.recordings.take());
        if let Some(history) = self.history.take() {
            history.close(self.serialized_list());
        }
    }

    /// Returns the time until the list is to be saved, if nothing happens before.
    fn until_save(&self) -> Duration {
        if self.history.is_none() {
            Duration::MAX
        } else if self.is_dirty {
            SAVE_RETRY
        } else if self.running() > 0 {
            SAVE_INTERVAL.saturating_sub(self.last_saved.elapsed())
        } else {
            Duration::MAX
        }
    }

    fn save(&mut self) {
        if let Some(history) = self.history.as_ref().filter(|_| self.is_dirty)
            && history.is_ready()
            && self.last_saved.elapsed() >= self.save_pause
        {
            let started = Instant::now();
            if history.try_save(self.serialized_list()) {
                self.is_dirty = false;
                self.last_saved = Instant::now();
                self.save_pause = (started.elapsed() * SAVE_SHARE).min(SAVE_INTERVAL);
            }
        }
    }

    fn serialized_list(&self) -> Vec<u8> {
        let snapshots = self.snapshots.downloads().into_iter();
        let entry = |now: Arc<DownloadSnapshot>| {
            let download = self.downloads.get(&now.id)?;
            Some((&download.spec, now, download.recording))
        };
        saved_downloads::serialize(snapshots.filter_map(entry).collect::<Vec<_>>().into_iter())
    }

    fn handle_command(&mut self, command: Command) {
        match command {
            Command::Add(id, spec) => self.add(id, *spec, false),
            Command::AddPaused(id, spec) => self.add(id, *spec, true),
            Command::AddAgain(id, new) => self.add_again(id, new),
            Command::Pause(id) => self.pause(id),
            Command::Resume(id) => self.resume(id),
            Command::Restart(id) => self.restart(id),
            Command::Cancel(id) => self.cancel(id),
            Command::Remove(id) => self.remove(id),
            Command::PutBack(id) => self.put_back(id),
            Command::SetOption(id, change) => self.change_option(id, change),
            Command::MoveInQueue(ids, place) => self.move_in_queue(&ids, place),
            Command::StopQueue(is_stopped) => self.set_queue_stopped(is_stopped),
            Command::MoveFile(id, to) => self.move_finished(id, to),
            Command::Verify(id) => self.verify(id),
            Command::ReadRecording(id) => self.read_recording(id),
            Command::Change(id, spec) => self.change(id, *spec, false),
            Command::ChangePaused(id, spec) => self.change(id, *spec, true),
            Command::Limit(limits) => {
                self.limits = limits;
                self.rate_limiter.set_limit(limits.bytes_per_sec);
                self.host_limiter.set_limit(limits.per_host);
                self.start_queued();
            }
            Command::Proxy(proxy) => self.proxy = proxy,
            Command::Ways(ways) => self.ways = ways,
            Command::ForgetHost(server) => self.forget_host(&server),
            Command::Browse(server) => self.browse(server),
            Command::ReadSpec(id, reply) => {
                let download = self.downloads.get(&id);
                // Without a receiver the reply is dropped.
                let _ = reply.try_send(download.map(|download| Box::new(download.spec.clone())));
            }
        }
    }

    /// Publishes the servers that refused further connections.
    pub(super) fn publish_hosts(&self) {
        self.snapshots
            .set_hosts(self.host_limiter.known_hosts().into());
    }

    fn forget_host(&self, server: &str) {
        if let Err(error) = self.host_limiter.forget(server) {
            let notice = format!("Cannot forget {server}: {error}");
            self.snapshots.add_notice(notice);
        }
        self.publish_hosts();
    }

    pub(super) fn state(&self, id: DownloadId) -> Option<DownloadState> {
        Some(self.snapshots.download(id)?.state.clone())
    }

    pub(super) fn set_state(&mut self, id: DownloadId, state: &DownloadState) {
        self.snapshots.set_state(id, state);
        self.is_dirty = true;
    }

    /// Returns the number of downloads that run.
    pub(super) fn running(&self) -> usize {
        let downloads = self.downloads.values();
        downloads
            .filter(|download| download.attempt.is_some())
            .count()
    }

    fn pause(&mut self, id: DownloadId) {
        let download = self.downloads.get(&id);
        if let Some(attempt) = download.and_then(|download| download.attempt.as_ref()) {
            // Cancelled downloads are also deleted; do not downgrade to Paused.
            if !attempt.is_cancelled {
                let cancel = attempt.cancel.clone();
                self.end_attempt(id, &DownloadState::Pausing, &cancel);
            }
        } else if self.state(id) == Some(DownloadState::Queued) {
            self.queue.retain(|queued| *queued != id);
            self.set_state(id, &DownloadState::Paused);
        }
    }

    /// Ends an attempt soon, and publishes at once that it is ending: a thread that resolves a name,
    /// or many threads that end, may take seconds.
    pub(super) fn end_attempt(
        &mut self,
        id: DownloadId,
        state: &DownloadState,
        cancel: &CancelToken,
    ) {
        self.set_state(id, state);
        cancel.cancel();
    }

    pub(super) fn resume(&mut self, id: DownloadId) {
        self.forget_start_time(id);
        match self.state(id) {
            Some(DownloadState::Queued) => {
                self.queue.retain(|queued| *queued != id);
                self.start(id);
            }
            Some(state) if state.can_resume() => {
                self.set_state(id, &DownloadState::Queued);
                match self.is_queue_stopped {
                    true => self.start(id),
                    false => self.enqueue(id),
                }
                self.start_queued();
            }
            _ => {}
        }
    }

    fn on_result(&mut self, result: JobResult) {
        match result {
            JobResult::Download(id, result) => self.on_attempt_ended(id, result),
            JobResult::Verification(id, check) => self.on_verification_ended(id, &check),
            JobResult::Recording(id, read) => self.on_recording_read(id, read),
            JobResult::Move(id, moved) => self.on_file_moved(id, moved),
            JobResult::Catalogue(server, catalogue) => self.on_catalogue(server, catalogue),
        }
    }
}
