//! One download in the file of the history.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lanes_shared::wire::Order;
use serde::{Deserialize, Serialize};

use crate::model::checksum::Checksum;
use crate::model::command::DownloadId;
use crate::model::file_name::safe_name;
use crate::model::piece_hashes::PieceHashes;
use crate::model::snapshot::{DownloadSnapshot, DownloadState};
use crate::model::spec::{Destination, DownloadSpec, Mode};

/// How many notices are kept of one download.
const MAX_NOTICES: usize = 8;

#[derive(Serialize, Deserialize)]
pub(crate) struct Entry {
    source: String,
    #[serde(default)]
    mirrors: Vec<String>,
    destination: Destination,
    mode: Mode,
    connections: u16,
    #[serde(default)]
    auto: bool,
    /// How many connections there were in the end.
    #[serde(default)]
    used: Option<u16>,
    #[serde(default)]
    rate_limit: Option<u64>,
    #[serde(default)]
    same_file: bool,
    packet_len: u32,
    /// The seed of a shuffled order.
    shuffled: Option<u64>,
    checksum: Option<String>,
    /// The name that was asked for, where neither link nor server was to say it.
    #[serde(default)]
    wanted_name: Option<String>,
    /// The length that was known before.
    #[serde(default)]
    wanted_len: Option<u64>,
    #[serde(default)]
    pieces: Option<KeptPieces>,
    name: String,
    path: Option<PathBuf>,
    #[serde(flatten)]
    state: State,
    len: Option<u64>,
    done: u64,
    /// When it was asked for: milliseconds since 1970.
    added_ms: u64,
    elapsed_us: u64,
    digest: Option<String>,
    /// The names of the digests that it was found to have.
    #[serde(default)]
    checked: Vec<String>,
    #[serde(default)]
    final_url: Option<String>,
    #[serde(default)]
    validators: Vec<(String, String)>,
    /// Whether the file at its source is another than the one that was begun.
    #[serde(default)]
    has_changed: bool,
    retries: u32,
    modified_ms: Option<u64>,
    notices: Vec<String>,
}

/// Hashes of pieces, kept of what is not finished.
#[derive(Serialize, Deserialize)]
struct KeptPieces {
    len: u64,
    hashes: Vec<String>,
}

/// How a download stood. What ran or waited has come to a halt with the program.
#[derive(Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
enum State {
    Paused,
    Finished,
    Failed { reason: String },
    Cancelled,
}

impl Entry {
    pub fn new(request: &DownloadSpec, now: &DownloadSnapshot) -> Self {
        let Order::Shuffled(seed) = request.order else {
            return Self::in_order(request, now, None);
        };
        Self::in_order(request, now, Some(seed))
    }

    fn in_order(request: &DownloadSpec, now: &DownloadSnapshot, shuffled: Option<u64>) -> Self {
        Self {
            source: request.source.to_string(),
            mirrors: request.mirrors.iter().map(ToString::to_string).collect(),
            destination: request.destination.clone(),
            mode: request.mode,
            connections: request.connections,
            auto: request.auto,
            used: now.auto.map(|_| now.asked),
            rate_limit: request.rate_limit,
            same_file: request.same_file,
            packet_len: request.packet_len,
            shuffled,
            checksum: request.checksum.as_ref().map(checksum_text),
            wanted_name: request.name.clone(),
            wanted_len: request.len,
            pieces: (request.pieces.as_deref())
                .filter(|_| now.state.can_resume() || now.state.is_active())
                .map(KeptPieces::new),
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
            has_changed: now.has_changed,
            retries: now.retries,
            modified_ms: now.modified.map(millis),
            notices: now.notices.iter().take(MAX_NOTICES).cloned().collect(),
        }
    }

    /// The download that this was; `None` when its source cannot be read any more.
    pub fn past(self) -> Option<(DownloadSpec, DownloadSnapshot)> {
        let request = DownloadSpec {
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
            same_file: self.same_file,
            packet_len: self.packet_len,
            order: self.shuffled.map_or(Order::InOrder, Order::Shuffled),
            checksum: self.checksum.and_then(|text| text.parse().ok()),
            name: self.wanted_name.map(|name| safe_name(&name)),
            len: self.wanted_len,
            pieces: self.pieces.and_then(KeptPieces::read).map(Arc::new),
            ..DownloadSpec::new(self.source.parse().ok()?)
        };
        request.check().ok()?;
        let added = time(self.added_ms);
        let state = match self.state {
            State::Paused => DownloadState::Paused,
            State::Finished => DownloadState::Finished,
            State::Failed { reason } => DownloadState::Failed(reason),
            State::Cancelled => DownloadState::Cancelled,
        };
        let asked = DownloadSnapshot::asked(DownloadId(0), &request, added);
        let whole = state == DownloadState::Finished;
        let snapshot = DownloadSnapshot {
            name: self.name,
            path: self.path,
            state,
            len: self.len,
            done: match self.len {
                Some(len) if whole => len,
                Some(len) => self.done.min(len),
                None => 0,
            },
            elapsed: Duration::from_micros(self.elapsed_us),
            digest: self.digest.and_then(|hex| hex.parse().ok()),
            checked: digest_names(&self.checked),
            final_url: self.final_url,
            validators: validators(self.validators),
            has_changed: self.has_changed,
            retries: self.retries,
            modified: self.modified_ms.map(time),
            notices: self.notices,
            map: Arc::from([]),
            asked: self.used.unwrap_or(asked.asked),
            ..asked
        };
        Some((request, snapshot))
    }
}

impl KeptPieces {
    fn new(pieces: &PieceHashes) -> Self {
        Self {
            len: pieces.len(),
            hashes: pieces.hashes().iter().map(checksum_text).collect(),
        }
    }

    /// All of them, or none.
    fn read(self) -> Option<PieceHashes> {
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

fn checksum_text(checksum: &Checksum) -> String {
    match checksum {
        Checksum::Md5(bytes) => format!("md5:{}", hex(bytes)),
        Checksum::Sha1(bytes) => format!("sha-1:{}", hex(bytes)),
        Checksum::Sha256(bytes) => format!("sha-256:{}", hex(bytes)),
        Checksum::Sha512(bytes) => format!("sha-512:{}", hex(&bytes[..])),
        Checksum::Blake3(digest) => format!("blake3:{digest}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The names of digests that are still computed.
fn digest_names(kept: &[String]) -> Vec<&'static str> {
    let known = ["BLAKE3", "SHA-256", "SHA-512", "SHA-1", "MD5"].into_iter();
    known
        .filter(|name| kept.iter().any(|kept| kept == name))
        .collect()
}

/// The validators that are still told.
fn validators(kept: Vec<(String, String)>) -> Vec<(&'static str, String)> {
    let known = |(name, value): (String, String)| {
        let mut names = ["ETag", "Last-Modified"].into_iter();
        Some((names.find(|known| *known == name)?, value))
    };
    kept.into_iter().filter_map(known).collect()
}
