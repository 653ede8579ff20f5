//! Computes digests of whole files in one background thread and caches them.
//!
//! 1. A digest never delays file bytes: opening a file only requests it.
//! 2. The file with the fewest bytes left is hashed first, one slice at a time, so that a huge
//!    sample does not delay a picture.
//! 3. Hashing of a file pauses while no connection holds its [`DigestStatus`]. Progress on a sample
//!    is kept, so that several short transfers of a long sample complete its digest.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use lanes_shared::wire::Refusal;
use sha2::{Digest as _, Sha256};

use super::open_file::{FileVersion, OpenFile, ReadError};
use crate::sync::lock;

/// Bytes that are hashed at a time (1 MiB): enough for BLAKE3's parallelism, and few enough that
/// the thread stops promptly.
const SLICE: usize = 1 << 20;
/// Maximum number of files that wait to be hashed.
const MAX_JOBS: usize = 64;
/// Maximum number of cached digests.
const MAX_DIGESTS: usize = 1024;

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Algorithm {
    /// For the Lanes protocol.
    Blake3,
    /// For `Repr-Digest` in HTTP.
    Sha256,
}

/// A digest of either algorithm.
pub(crate) type DigestBytes = [u8; 32];

type Key = (String, FileVersion, Algorithm);

enum Hasher {
    Blake3(Box<blake3::Hasher>),
    Sha256(Sha256),
}

impl Hasher {
    fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Blake3 => Self::Blake3(Box::default()),
            Algorithm::Sha256 => Self::Sha256(Sha256::new()),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Blake3(hasher) => {
                hasher.update(bytes);
            }
            Self::Sha256(hasher) => hasher.update(bytes),
        }
    }

    fn digest(&self) -> DigestBytes {
        match self {
            Self::Blake3(hasher) => *hasher.finalize().as_bytes(),
            Self::Sha256(hasher) => hasher.clone().finalize().into(),
        }
    }
}

/// The digests of a server's files.
#[derive(Default)]
pub(crate) struct DigestCache {
    state: Mutex<CacheState>,
    changed: Condvar,
}

#[derive(Default)]
struct CacheState {
    digests: HashMap<Key, DigestBytes>,
    /// Keys of `digests`, the oldest first.
    age: VecDeque<Key>,
    jobs: Vec<Arc<HashJob>>,
    is_stopping: bool,
}

/// A file that is being hashed, as long as a connection holds the job.
pub(crate) struct HashJob {
    file: Arc<OpenFile>,
    algorithm: Algorithm,
    /// Number of bytes hashed.
    hashed: AtomicU64,
    hasher: Mutex<Hasher>,
    failed: OnceLock<Refusal>,
}

/// The status of a requested digest.
pub(crate) enum DigestStatus {
    /// The digest is known.
    Known(DigestBytes),
    /// The digest is being computed.
    Pending(Arc<HashJob>),
    /// Too many files wait to be hashed; request again later.
    Full,
    /// The file changed or cannot be read.
    Failed(Refusal),
    /// The server is stopping.
    Stopping,
}

impl DigestStatus {
    /// Returns the number of bytes hashed so far.
    pub fn hashed(&self) -> u64 {
        match self {
            Self::Pending(job) => job.hashed.load(Ordering::Relaxed),
            _ => 0,
        }
    }
}

impl DigestCache {
    /// Requests the digest of an open file, without waiting.
    pub fn request(&self, file: &Arc<OpenFile>, algorithm: Algorithm) -> DigestStatus {
        let mut state = lock(&self.state);
        if let Some(digest) = state.digests.get(&key_of(file, algorithm)) {
            return DigestStatus::Known(*digest);
        }
        if state.is_stopping {
            return DigestStatus::Stopping;
        }
        if let Some(job) = state.jobs.iter().find(|job| job.is_for(file, algorithm)) {
            let job = Arc::clone(job);
            self.changed.notify_all();
            return DigestStatus::Pending(job);
        }
        if state.jobs.len() >= MAX_JOBS {
            state.jobs.retain(HashJob::is_held);
        }
        if state.jobs.len() >= MAX_JOBS {
            return DigestStatus::Full;
        }
        let job = Arc::new(HashJob {
            file: Arc::clone(file),
            algorithm,
            hashed: AtomicU64::new(0),
            hasher: Mutex::new(Hasher::new(algorithm)),
            failed: OnceLock::new(),
        });
        state.jobs.push(Arc::clone(&job));
        self.changed.notify_all();
        DigestStatus::Pending(job)
    }

    /// Returns the digest of an open file if it is known.
    pub fn known(&self, file: &OpenFile, algorithm: Algorithm) -> Option<DigestBytes> {
        let state = lock(&self.state);
        state.digests.get(&key_of(file, algorithm)).copied()
    }

    /// Waits up to `timeout` for a digest that is pending or must be requested again, and returns
    /// its new status.
    pub fn wait(
        &self,
        file: &Arc<OpenFile>,
        algorithm: Algorithm,
        requested: DigestStatus,
        timeout: Duration,
    ) -> DigestStatus {
        let deadline = Instant::now() + timeout;
        let key = key_of(file, algorithm);
        let mut state = lock(&self.state);
        loop {
            if let Some(digest) = state.digests.get(&key) {
                return DigestStatus::Known(*digest);
            }
            if state.is_stopping {
                return DigestStatus::Stopping;
            }
            if let DigestStatus::Pending(job) = &requested
                && let Some(refusal) = job.failed.get()
            {
                return DigestStatus::Failed(*refusal);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let woken = self.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(state);
        match requested {
            DigestStatus::Pending(_) => requested,
            _ => self.request(file, algorithm),
        }
    }

    /// Ends the hasher and all waits.
    pub fn stop(&self) {
        lock(&self.state).is_stopping = true;
        self.changed.notify_all();
    }

    /// Hashes requested files until [`Self::stop`]. Runs in the thread `hasher`.
    pub fn run(&self) {
        let mut slice = vec![0; SLICE];
        while let Some(job) = self.next_job() {
            match job.hash_slice(&mut slice) {
                Ok(None) => {}
                Ok(Some(digest)) => {
                    let mut state = lock(&self.state);
                    state.insert(key_of(&job.file, job.algorithm), digest);
                    state.jobs.retain(|other| !Arc::ptr_eq(other, &job));
                    self.changed.notify_all();
                }
                Err(error) => {
                    tracing::warn!("cannot hash {}: {error}", job.file.name());
                    let mut state = lock(&self.state);
                    // Cannot be set yet: only this thread sets it, and then drops the job.
                    let _ = job.failed.set(error.refusal());
                    state.jobs.retain(|other| !Arc::ptr_eq(other, &job));
                    self.changed.notify_all();
                }
            }
        }
    }

    fn next_job(&self) -> Option<Arc<HashJob>> {
        let mut state = lock(&self.state);
        loop {
            if state.is_stopping {
                return None;
            }
            // An open descriptor of a deleted file would keep its disk space allocated.
            state
                .jobs
                .retain(|job| job.is_held() || !job.file.is_on_disk());
            let held = state.jobs.iter().filter(|job| job.is_held());
            if let Some(job) = held.min_by_key(|job| job.remaining()) {
                return Some(Arc::clone(job));
            }
            let woken = self.changed.wait(state);
            state = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl CacheState {
    fn insert(&mut self, key: Key, digest: DigestBytes) {
        if self.digests.insert(key.clone(), digest).is_none() {
            self.age.push_back(key);
        }
        if self.age.len() > MAX_DIGESTS
            && let Some(oldest) = self.age.pop_front()
        {
            self.digests.remove(&oldest);
        }
    }
}

impl HashJob {
    fn is_for(&self, file: &OpenFile, algorithm: Algorithm) -> bool {
        self.algorithm == algorithm
            && self.file.version() == file.version()
            && self.file.name() == file.name()
    }

    /// Returns whether anything besides the list of jobs holds the job.
    fn is_held(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > 1
    }

    /// Returns the number of bytes left to hash.
    fn remaining(&self) -> u64 {
        self.file.version().len - self.hashed.load(Ordering::Relaxed)
    }

    /// Hashes one more slice. Returns the digest after the last one.
    fn hash_slice(&self, slice: &mut [u8]) -> Result<Option<DigestBytes>, ReadError> {
        let hashed = self.hashed.load(Ordering::Relaxed);
        let len = self.remaining().min(slice.len() as u64);
        let slice = &mut slice[..len as usize];
        self.file.read_at(hashed, slice)?;
        let mut hasher = lock(&self.hasher);
        hasher.update(slice);
        self.hashed.store(hashed + len, Ordering::Relaxed);
        if self.remaining() > 0 {
            return Ok(None);
        }
        self.file.check()?;
        Ok(Some(hasher.digest()))
    }
}

fn key_of(file: &OpenFile, algorithm: Algorithm) -> Key {
    (file.name().to_owned(), file.version(), algorithm)
}
