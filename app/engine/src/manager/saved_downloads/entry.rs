//! The stored form of one download in the history file.
//!
//! The fields of [`Entry`] are the keys in the file, so their names are stable.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lanes_shared::link::LinkProfile;
use lanes_shared::wire::Order;
use serde::{Deserialize, Serialize};

use super::SavedDownload;
use super::saved_http::SavedHttp;
use crate::model::checksum::Checksum;
use crate::model::command::DownloadId;
use crate::model::display_text::{one_line, redact};
use crate::model::file_name::safe_name;
use crate::model::lasting_id::LastingId;
use crate::model::piece_hashes::PieceHashes;
use crate::model::priority::Priority;
use crate::model::recording::RecordingId;
use crate::model::snapshot::{DownloadSnapshot, DownloadState};
use crate::model::source_url::Source;
use crate::model::spec::{Destination, DownloadSpec, Mode};

/// Largest number of notices that are stored of one download.
const MAX_NOTICES: usize = 8;

/// One download in the history file.
#[derive(Serialize, Deserialize)]
pub(crate) struct Entry {
    source: String,
    /// Earlier versions did not store it.
    #[serde(default)]
    lasting_id: Option<LastingId>,
    /// Time at which it starts by itself, in milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start_at_ms: Option<u64>,
    #[serde(default)]
    mirrors: Vec<String>,
    destination: Destination,
    mode: Mode,
    connections: u16,
    #[serde(default)]
    auto: bool,
    /// Final number of connections, if it was tuned.
    #[serde(default)]
    used: Option<u16>,
    #[serde(default)]
    rate_limit: Option<u64>,
    #[serde(default)]
    priority: Priority,
    #[serde(default)]
    same_file: bool,
    /// Unfinished file of another program to begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    adopt: Option<PathBuf>,
    /// Set to look for checksums beside the source.
    #[serde(default)]
    find_checksums: bool,
    /// Set to give the file the time of its last change at the source.
    #[serde(default)]
    remote_time: bool,
    /// Options for HTTP servers, only of an unfinished download.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    http: Option<SavedHttp>,
    packet_len: u32,
    /// Profile of the emulated link, as TOML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    link: Option<String>,
    /// Seed of a shuffled packet order.
    shuffled: Option<u64>,
    checksum: Option<String>,
    /// Requested file name, which overrides that of the URL and the server.
    #[serde(default)]
    wanted_name: Option<String>,
    /// Expected length.
    #[serde(default)]
    wanted_len: Option<u64>,
    #[serde(default)]
    pieces: Option<SavedPieces>,
    name: String,
    path: Option<PathBuf>,
    #[serde(flatten)]
    state: State,
    len: Option<u64>,
    done: u64,
    /// Time at which the download was added, in milliseconds since 1970.
    added_ms: u64,
    elapsed_us: u64,
    digest: Option<String>,
    /// Names of the digests that matched.
    #[serde(default)]
    checked: Vec<String>,
    #[serde(default)]
    final_url: Option<String>,
    #[serde(default)]
    validators: Vec<(String, String)>,
    /// Set if the file at the source changed since the download started.
    #[serde(default)]
    has_changed: bool,
    retries: u32,
    /// Number in the name of the kept recording of the last attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recording: Option<u64>,
    modified_ms: Option<u64>,
    notices: Vec<String>,
}

/// Piece hashes of an unfinished download.
#[derive(Serialize, Deserialize)]
struct SavedPieces {
    len: u64,
    hashes: Vec<String>,
}

/// State of a download. Those that were running or queued are stored as paused.
#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum State {
    Paused,
    Finished,
    Failed { reason: String },
    Cancelled,
}

impl Entry {
    pub fn new(
        spec: &DownloadSpec,
        now: &DownloadSnapshot,
        recording: Option<RecordingId>,
    ) -> Self {
        // A link may be a secret. Only a download that can still be resumed needs it.
        let is_unfinished = now.state.can_resume() || now.state.is_active();
        let link = |source: &Source| match is_unfinished {
            true => source.full_link(),
            false => source.to_string(),
        };
        let shuffled = match spec.order {
            Order::Shuffled(seed) => Some(seed),
            Order::InOrder => None,
        };
        Self {
            source: link(&spec.source),
            lasting_id: spec.lasting_id,
            start_at_ms: now.start_at.map(millis),
            mirrors: spec.mirrors.iter().map(link).collect(),
            destination: spec.destination.clone(),
            mode: spec.mode,
            connections: spec.connections,
            auto: spec.auto,
            used: now.auto_limit.map(|_| now.target_connections),
            rate_limit: spec.rate_limit,
            priority: spec.priority,
            same_file: spec.same_file,
            adopt: spec.adopt.clone(),
            find_checksums: spec.find_checksums,
            remote_time: spec.remote_time,
            http: match is_unfinished {
                true => SavedHttp::new(&spec.http),
                false => None,
            },
            packet_len: spec.packet_len,
            link: spec.link.as_ref().map(LinkProfile::to_toml),
            shuffled,
            checksum: spec.checksum.as_ref().map(Checksum::to_string),
            wanted_name: spec.name.clone(),
            wanted_len: spec.len,
            pieces: spec
                .pieces
                .as_deref()
                .filter(|_| is_unfinished)
                .map(SavedPieces::new),
            name: now.name.clone(),
            path: now.path.clone(),
            state: match &now.state {
                DownloadState::Finished => State::Finished,
                DownloadState::Cancelled => State::Cancelled,
                DownloadState::Failed(reason) => State::Failed {
                    reason: reason.clone(),
                },
                _ => State::Paused,
            },
            len: now.len,
            done: now.done,
            added_ms: millis(now.added),
            elapsed_us: now.elapsed.as_micros() as u64,
            digest: now.digest.map(|digest| digest.to_string()),
            checked: now.checked.iter().map(|name| (*name).to_owned()).collect(),
            final_url: now.final_url.clone(),
            validators: now
                .validators
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.clone()))
                .collect(),
            has_changed: now.source_changed,
            retries: now.retries,
            recording: recording.map(|recording| recording.0),
            modified_ms: now.modified.map(millis),
            notices: now.notices.iter().take(MAX_NOTICES).cloned().collect(),
        }
    }

    /// Returns the stored download; `None` if its specification is not valid any more.
    pub fn restore(self) -> Option<SavedDownload> {
        let spec = DownloadSpec {
            lasting_id: self.lasting_id.or_else(|| Some(LastingId::random())),
            start_at: self.start_at_ms.map(time),
            destination: self.destination,
            mirrors: self
                .mirrors
                .iter()
                .filter_map(|link| link.parse().ok())
                .collect(),
            mode: self.mode,
            connections: self.connections,
            auto: self.auto,
            rate_limit: self.rate_limit,
            priority: self.priority,
            same_file: self.same_file,
            adopt: self.adopt,
            find_checksums: self.find_checksums,
            remote_time: self.remote_time,
            http: self.http.map(SavedHttp::restore).unwrap_or_default(),
            packet_len: self.packet_len,
            link: self
                .link
                .and_then(|toml| LinkProfile::from_toml(&toml).ok()),
            order: self.shuffled.map_or(Order::InOrder, Order::Shuffled),
            checksum: self.checksum.and_then(|text| text.parse().ok()),
            name: self.wanted_name.map(|name| safe_name(&name)),
            len: self.wanted_len,
            pieces: self.pieces.and_then(SavedPieces::restore).map(Arc::new),
            ..DownloadSpec::new(self.source.parse().ok()?)
        };
        spec.check().ok()?;
        let added = time(self.added_ms);
        let state = match self.state {
            State::Paused => DownloadState::Paused,
            State::Finished => DownloadState::Finished,
            State::Failed { reason } => DownloadState::failed(reason),
            State::Cancelled => DownloadState::Cancelled,
        };
        let requested = DownloadSnapshot::requested(DownloadId(0), &spec, added);
        let is_finished = state == DownloadState::Finished;
        let shown = |notice: &String| one_line(notice).into_owned();
        let snapshot = DownloadSnapshot {
            name: one_line(&self.name).into_owned(),
            path: self.path,
            state,
            len: self.len,
            done: match self.len {
                Some(len) if is_finished => len,
                Some(len) => self.done.min(len),
                None => 0,
            },
            elapsed: Duration::from_micros(self.elapsed_us),
            digest: self.digest.and_then(|hex| hex.parse().ok()),
            checked: digest_names(&self.checked),
            // Earlier versions kept signed links.
            final_url: self.final_url.as_deref().map(redact),
            validators: validators(self.validators),
            source_changed: self.has_changed,
            retries: self.retries,
            modified: self.modified_ms.map(time),
            notices: self.notices.iter().map(shown).collect(),
            map: Arc::from([]),
            target_connections: self.used.unwrap_or(requested.target_connections),
            ..requested
        };
        Some((spec, snapshot, self.recording.map(RecordingId)))
    }
}

impl SavedPieces {
    fn new(pieces: &PieceHashes) -> Self {
        Self {
            len: pieces.len(),
            hashes: pieces.hashes().iter().map(Checksum::to_string).collect(),
        }
    }

    /// Returns the hashes; `None` unless all are valid.
    fn restore(self) -> Option<PieceHashes> {
        let hashes = self.hashes.iter().map(|text| text.parse().ok());
        PieceHashes::new(self.len, hashes.collect::<Option<_>>()?)
    }
}

fn millis(time: SystemTime) -> u64 {
    let since_1970 = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since_1970.as_millis() as u64
}

fn time(millis: u64) -> SystemTime {
    UNIX_EPOCH
        .checked_add(Duration::from_millis(millis))
        .unwrap_or(UNIX_EPOCH)
}

/// Returns those of the stored names that are names of supported digests.
fn digest_names(stored: &[String]) -> Vec<&'static str> {
    let known = ["BLAKE3", "SHA-256", "SHA-512", "SHA-1", "MD5"].into_iter();
    known
        .filter(|name| stored.iter().any(|stored| stored == name))
        .collect()
}

/// Returns those of the stored validators that are supported.
fn validators(stored: Vec<(String, String)>) -> Vec<(&'static str, String)> {
    let known = |(name, value): (String, String)| {
        let mut names = ["ETag", "Last-Modified"].into_iter();
        Some((names.find(|known| *known == name)?, value))
    };
    stored.into_iter().filter_map(known).collect()
}
