//! The hashing of one file, slice by slice.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use lanes_shared::wire::Refusal;
use sha2::{Digest as _, Sha256};

use super::open_file::{OpenFile, ReadError};
use crate::sync::lock;

/// Bytes that are hashed at a time (1 MiB): enough for BLAKE3's parallelism, and few enough that
/// the thread stops promptly.
pub(super) const SLICE: usize = 1 << 20;
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

/// A file that is being hashed, as long as a connection holds the job.
pub(crate) struct HashJob {
    pub file: Arc<OpenFile>,
    pub algorithm: Algorithm,
    /// Number of bytes hashed.
    hashed: AtomicU64,
    hasher: Mutex<Hasher>,
    /// Set if the file changed or cannot be read.
    pub failed: OnceLock<Refusal>,
}

impl HashJob {
    /// Creates a job that has hashed nothing.
    pub fn new(file: Arc<OpenFile>, algorithm: Algorithm) -> Self {
        Self {
            file,
            algorithm,
            hashed: AtomicU64::new(0),
            hasher: Mutex::new(Hasher::new(algorithm)),
            failed: OnceLock::new(),
        }
    }

    /// Returns the number of bytes hashed so far.
    pub fn hashed(&self) -> u64 {
        self.hashed.load(Ordering::Relaxed)
    }

    /// Returns whether this is the job for a file.
    pub fn is_for(&self, file: &OpenFile, algorithm: Algorithm) -> bool {
        self.algorithm == algorithm
            && self.file.version() == file.version()
            && self.file.name() == file.name()
    }

    /// Returns whether anything besides the list of jobs holds the job.
    pub fn is_held(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > 1
    }

    /// Returns the number of bytes left to hash.
    pub fn remaining(&self) -> u64 {
        self.file.version().len - self.hashed.load(Ordering::Relaxed)
    }

    /// Hashes one more slice. Returns the digest after the last one.
    pub fn hash_slice(&self, slice: &mut [u8]) -> Result<Option<DigestBytes>, ReadError> {
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
