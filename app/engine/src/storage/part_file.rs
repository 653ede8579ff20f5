//! The file while it is being fetched: `NAME.part`, written at any offset by any connection.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use super::anonymous_file;
use super::splice::Splice;
use super::target_path::{claim_free_name, rename_noreplace};

/// The paths of one download: the file and what stands beside it until it is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paths {
    /// Where the file will be.
    pub target: PathBuf,
    /// Its bytes so far.
    pub part: PathBuf,
    /// What is known of them.
    pub journal: PathBuf,
}

impl Paths {
    pub fn new(target: PathBuf) -> Self {
        let beside = |suffix: &str| {
            let mut name = target.as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        Self {
            part: beside(".part"),
            journal: beside(".lanes"),
            target,
        }
    }

    /// Deletes what stands beside the file.
    pub fn discard(&self) {
        // What cannot be deleted is not there, or stays for the user to see.
        let _ = std::fs::remove_file(&self.journal);
        let _ = std::fs::remove_file(&self.part);
    }
}

/// An open `.part` file, locked against a second program; a short one may have no name yet.
pub(crate) struct PartFile {
    file: File,
    gate: WriteLock,
    is_anonymous: AtomicBool,
    /// How long it is to be, if it has no name.
    unnamed_len: u64,
}

impl PartFile {
    /// Makes a new one of `len` bytes. Fails with `AlreadyExists` when there is one.
    pub fn create(path: &Path, len: u64) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path)?;
        let part = Self::locked(file)?;
        if let Err(error) = part.file.set_len(len) {
            // Nobody would know whose it is.
            let _ = std::fs::remove_file(path);
            return Err(error);
        }
        Ok(part)
    }

    /// Makes a new one in `folder` for `len` bytes, which has no name yet, and no byte.
    pub fn create_anonymous(folder: &Path, len: u64) -> io::Result<Self> {
        Ok(Self {
            file: anonymous_file::create(folder)?,
            gate: WriteLock::default(),
            is_anonymous: AtomicBool::new(true),
            unnamed_len: len,
        })
    }

    /// Whether nothing of it would be left after a crash.
    pub fn is_anonymous(&self) -> bool {
        self.is_anonymous.load(Ordering::Relaxed)
    }

    /// From now on it has its length and this name, unless it has one. Fails with `AlreadyExists` when
    /// something else has.
    pub fn link_at(&self, path: &Path) -> io::Result<()> {
        if self.is_anonymous() {
            // Whole it would have it anyway.
            self.file.set_len(self.unnamed_len)?;
            anonymous_file::link(&self.file, path)?;
            self.is_anonymous.store(false, Ordering::Relaxed);
            // Nobody has seen it before, so nobody has locked it.
            let _ = self.file.try_lock();
        }
        Ok(())
    }

    /// Whole, it gets the name that is wanted, or the next free one beside it: an existing file is never
    /// replaced. Returns the name it got.
    pub fn move_to_final_name(&self, paths: &Paths, wanted: &Path) -> io::Result<PathBuf> {
        if self.is_anonymous() {
            if let Ok(path) = claim_free_name(wanted, |path| anonymous_file::link(&self.file, path))
            {
                return Ok(path);
            }
            // The system gives it no name (no /proc, or a sandbox), so what is in it gets one.
            self.copy_to(&paths.part)?;
        }
        let path = rename_noreplace(&paths.part, wanted)?;
        // Left behind it would only be ignored.
        let _ = std::fs::remove_file(&paths.journal);
        Ok(path)
    }

    /// Copies it to a new file: it is short.
    fn copy_to(&self, path: &Path) -> io::Result<()> {
        let mut bytes = vec![0; usize::try_from(self.len()?).unwrap_or(usize::MAX)];
        self.read_at(0, &mut bytes)?;
        let mut copy = File::create_new(path)?;
        copy.write_all(&bytes)?;
        copy.sync_data()
    }

    /// Opens one that is there. Fails with `WouldBlock` when another program has it.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::locked(OpenOptions::new().read(true).write(true).open(path)?)
    }

    fn locked(file: File) -> io::Result<Self> {
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
            // A file system without locks is no reason not to download.
            Err(std::fs::TryLockError::Error(error))
                if error.kind() == io::ErrorKind::Unsupported => {}
            Err(std::fs::TryLockError::Error(error)) => return Err(error),
        }
        let gate = WriteLock::default();
        Ok(Self {
            file,
            gate,
            is_anonymous: AtomicBool::new(false),
            unnamed_len: 0,
        })
    }

    /// Length in bytes.
    pub fn len(&self) -> io::Result<u64> {
        self.file.metadata().map(|meta| meta.len())
    }

    /// Writes all of `bytes` at `offset`; any thread may, at the same time as others.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.lock_for_write().write_at(offset, bytes)
    }

    /// Waits until no other thread writes, and keeps them from it.
    pub fn lock_for_write(&self) -> WriteGuard<'_> {
        WriteGuard {
            file: &self.file,
            _gate: self.gate.enter(),
        }
    }

    /// Fills `buf` from `offset`.
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        positioned::read_exact_at(&self.file, offset, buf)
    }

    /// Waits until the disk has what was written.
    pub fn flush(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// The right to write, of one thread at a time.
pub(crate) struct WriteGuard<'a> {
    file: &'a File,
    _gate: MutexGuard<'a, ()>,
}

impl WriteGuard<'_> {
    /// Moves all that is in `pipe` to `offset`.
    pub fn splice_at(&self, offset: u64, pipe: &mut Splice) -> io::Result<()> {
        pipe.drain_into(self.file, offset)
    }

    /// Writes all of `bytes` at `offset`.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        positioned::write_all_at(self.file, offset, bytes)
    }
}

/// How often a writer lets others go first before it sleeps until it is its turn. The turn of
/// another takes microseconds, unless the disk makes it wait.
const YIELDS: u32 = 100;
/// How many do so at a time.
const YIELDERS: usize = 4;

/// One writer at a time.
///
/// The kernel has it so anyway (it locks the inode), but there the waiting threads spin, and take
/// the time from those who could move bytes meanwhile. Who sleeps at once, on the other hand, is
/// woken late: with 5 connections a core stood idle a tenth of the time. So the next ones stay awake
/// and the others sleep: with 50 awake a fifth of the time went into changing from one to another.
#[derive(Default)]
struct WriteLock {
    turn: Mutex<()>,
    awake: AtomicUsize,
}

impl WriteLock {
    fn enter(&self) -> MutexGuard<'_, ()> {
        if let Some(turn) = self.try_enter() {
            return turn;
        }
        let is_next = self.awake.fetch_add(1, Ordering::Relaxed) < YIELDERS;
        let mut yields = if is_next { YIELDS } else { 0 };
        let turn = loop {
            if yields == 0 {
                // Nothing is kept in it that a panic could have left half done.
                break self.turn.lock().unwrap_or_else(PoisonError::into_inner);
            }
            yields -= 1;
            std::thread::yield_now();
            if let Some(turn) = self.try_enter() {
                break turn;
            }
        };
        self.awake.fetch_sub(1, Ordering::Relaxed);
        turn
    }

    fn try_enter(&self) -> Option<MutexGuard<'_, ()>> {
        match self.turn.try_lock() {
            Ok(turn) => Some(turn),
            Err(TryLockError::Poisoned(turn)) => Some(turn.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// Reads and writes at an offset, without moving a cursor that threads would share.
#[cfg(unix)]
mod positioned {
    use std::fs::File;
    use std::io;
    use std::os::unix::fs::FileExt as _;

    pub fn write_all_at(file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
        file.write_all_at(bytes, offset)
    }

    pub fn read_exact_at(file: &File, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        file.read_exact_at(buf, offset)
    }
}

#[cfg(windows)]
mod positioned {
    use std::fs::File;
    use std::io;
    use std::os::windows::fs::FileExt as _;

    pub fn write_all_at(file: &File, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match file.seek_write(bytes, offset) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(len) => {
                    offset += len as u64;
                    bytes = &bytes[len..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    pub fn read_exact_at(file: &File, mut offset: u64, mut buf: &mut [u8]) -> io::Result<()> {
        while !buf.is_empty() {
            match file.seek_read(buf, offset) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(len) => {
                    offset += len as u64;
                    buf = &mut buf[len..];
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
