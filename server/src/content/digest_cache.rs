//! The digests of whole files: computed by one thread, each once, and kept.
//!
//! 1. A digest never delays a byte of the file: opening a file only asks for it.
//! 2. The file with the least left to hash goes first, one slice at a time, so a huge sample does
//!    not keep a picture waiting.
//! 3. A file that no connection has open any more is not hashed on. What was done of a sample is
//!    kept, so that short runs over a long sample know its digest in the end.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use lanes_shared::wire::Refusal;
use sha2::{Digest as _, Sha256};

use super::open_file::{FileVersion, OpenFile, ReadError};
use crate::sync::lock;

/// How much is read and hashed at once, in bytes (1 MiB): long enough to use every lane of BLAKE3,
/// short enough that a stop is prompt.
const SLICE: usize = 1 << 20;
/// How many files may wait to be hashed.
const MAX_JOBS: usize = 64;
/// How many digests are kept.
const MAX_KNOWN: usize = 1024;

/// What a digest is computed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Algorithm {
    /// That of the Lanes protocol.
    Blake3,
    /// That which HTTP has a name for.
    Sha256,
}

/// A digest, by whichever algorithm.
pub(crate) type Sum = [u8; 32];

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

    fn sum(&self) -> Sum {
        match self {
            Self::Blake3(hasher) => *hasher.finalize().as_bytes(),
            Self::Sha256(hasher) => hasher.clone().finalize().into(),
        }
    }
}

/// The digests of one server's files.
#[derive(Default)]
pub(crate) struct DigestCache {
    desk: Mutex<Desk>,
    news: Condvar,
}

#[derive(Default)]
struct Desk {
    known: HashMap<Key, Sum>,
    /// The keys of `known`, the oldest first.
    age: VecDeque<Key>,
    jobs: Vec<Arc<Job>>,
    stopping: bool,
}

/// A file being hashed. Whoever holds it keeps the work going.
pub(crate) struct Job {
    file: Arc<OpenFile>,
    algorithm: Algorithm,
    hashed: AtomicU64,
    hasher: Mutex<Hasher>,
    failed: OnceLock<Refusal>,
}

/// How far a digest is.
pub(crate) enum Progress {
    /// It is known.
    Known(Sum),
    /// It is being computed.
    Pending(Arc<Job>),
    /// Too many files are waiting; ask again later.
    Full,
    /// The file cannot be hashed, for this reason.
    Failed(Refusal),
    /// The server is being stopped.
    Stopping,
}

impl Progress {
    /// Bytes hashed so far.
    pub fn hashed(&self) -> u64 {
        match self {
            Self::Pending(job) => job.hashed.load(Ordering::Relaxed),
            _ => 0,
        }
    }
}

impl DigestCache {
    /// Asks for the digest of an open file, without waiting.
    pub fn ask(&self, file: &Arc<OpenFile>, algorithm: Algorithm) -> Progress {
        let mut desk = lock(&self.desk);
        if let Some(sum) = desk.known.get(&key_of(file, algorithm)) {
            return Progress::Known(*sum);
        }
        if desk.stopping {
            return Progress::Stopping;
        }
        if let Some(job) = desk.jobs.iter().find(|job| job.is_of(file, algorithm)) {
            let job = Arc::clone(job);
            self.news.notify_all();
            return Progress::Pending(job);
        }
        if desk.jobs.len() >= MAX_JOBS {
            desk.jobs.retain(Job::is_wanted);
        }
        if desk.jobs.len() >= MAX_JOBS {
            return Progress::Full;
        }
        let job = Arc::new(Job {
            file: Arc::clone(file),
            algorithm,
            hashed: AtomicU64::new(0),
            hasher: Mutex::new(Hasher::new(algorithm)),
            failed: OnceLock::new(),
        });
        desk.jobs.push(Arc::clone(&job));
        self.news.notify_all();
        Progress::Pending(job)
    }

    /// The digest of an open file, if it is known already.
    pub fn known(&self, file: &OpenFile, algorithm: Algorithm) -> Option<Sum> {
        lock(&self.desk)
            .known
            .get(&key_of(file, algorithm))
            .copied()
    }

    /// Waits at most `patience` until the digest asked for is known or can no longer be.
    pub fn wait(
        &self,
        file: &Arc<OpenFile>,
        algorithm: Algorithm,
        asked: Progress,
        patience: Duration,
    ) -> Progress {
        let until = Instant::now() + patience;
        let key = key_of(file, algorithm);
        let mut desk = lock(&self.desk);
        loop {
            if let Some(sum) = desk.known.get(&key) {
                return Progress::Known(*sum);
            }
            if desk.stopping {
                return Progress::Stopping;
            }
            if let Progress::Pending(job) = &asked
                && let Some(refusal) = job.failed.get()
            {
                return Progress::Failed(*refusal);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.news.wait_timeout(desk, left);
            desk = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        drop(desk);
        match asked {
            Progress::Pending(_) => asked,
            _ => self.ask(file, algorithm),
        }
    }

    /// Lets the hasher end, and everyone who waits for it.
    pub fn stop(&self) {
        lock(&self.desk).stopping = true;
        self.news.notify_all();
    }

    /// Hashes what is asked for until [`Self::stop`].
    pub fn work(&self) {
        let mut slice = vec![0; SLICE];
        while let Some(job) = self.next_job() {
            match job.step(&mut slice) {
                Ok(None) => {}
                Ok(Some(sum)) => {
                    let mut desk = lock(&self.desk);
                    desk.keep(key_of(&job.file, job.algorithm), sum);
                    desk.jobs.retain(|other| !Arc::ptr_eq(other, &job));
                    self.news.notify_all();
                }
                Err(error) => {
                    tracing::warn!("cannot hash a file: {error}: {}", job.file.name());
                    let refusal = match error {
                        ReadError::Changed => Refusal::Changed,
                        ReadError::Io(_) => Refusal::Unreadable,
                    };
                    let mut desk = lock(&self.desk);
                    // Only this thread sets it, and a failed job is never worked on again.
                    let _ = job.failed.set(refusal);
                    desk.jobs.retain(|other| !Arc::ptr_eq(other, &job));
                    self.news.notify_all();
                }
            }
        }
    }

    fn next_job(&self) -> Option<Arc<Job>> {
        let mut desk = lock(&self.desk);
        loop {
            if desk.stopping {
                return None;
            }
            // A file on disk is let go of, so that one that was deleted takes no room.
            desk.jobs
                .retain(|job| job.is_wanted() || !job.file.is_on_disk());
            let wanted = desk.jobs.iter().filter(|job| job.is_wanted());
            if let Some(job) = wanted.min_by_key(|job| job.left()) {
                return Some(Arc::clone(job));
            }
            desk = self.news.wait(desk).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Desk {
    fn keep(&mut self, key: Key, sum: Sum) {
        if self.known.insert(key.clone(), sum).is_none() {
            self.age.push_back(key);
        }
        if self.age.len() > MAX_KNOWN
            && let Some(oldest) = self.age.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

impl Job {
    fn is_of(&self, file: &OpenFile, algorithm: Algorithm) -> bool {
        self.algorithm == algorithm
            && self.file.version() == file.version()
            && self.file.name() == file.name()
    }

    /// Whether anyone but the desk (or the hasher in passing) holds it.
    fn is_wanted(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > 1
    }

    fn left(&self) -> u64 {
        self.file.version().len - self.hashed.load(Ordering::Relaxed)
    }

    /// Hashes one slice more; gives the digest when it was the last.
    fn step(&self, slice: &mut [u8]) -> Result<Option<Sum>, ReadError> {
        let hashed = self.hashed.load(Ordering::Relaxed);
        let len = self.left().min(slice.len() as u64);
        let slice = &mut slice[..len as usize];
        self.file.read_at(hashed, slice)?;
        let mut hasher = lock(&self.hasher);
        hasher.update(slice);
        self.hashed.store(hashed + len, Ordering::Relaxed);
        if self.left() > 0 {
            return Ok(None);
        }
        self.file.check()?;
        Ok(Some(hasher.sum()))
    }
}

fn key_of(file: &OpenFile, algorithm: Algorithm) -> Key {
    (file.name().to_owned(), file.version(), algorithm)
}
