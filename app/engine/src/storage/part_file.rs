//! The partial file, `NAME.part`, written at any offset by any connection.
//!
//! The file is locked against other processes. The lock is on the part file and not on the journal: the
//! journal is replaced by a rename every second, which a lock does not survive.
//!
//! One thread writes at a time ([`WriteGuard`]). The kernel locks the inode anyway, and its waiters
//! spin.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, TryLockError};

use super::anonymous_file;
use super::origin_mark;
use super::splice::Splice;
use super::target_path::{claim_free_name, rename_noreplace};
use crate::sync::lock;

/// The paths of one download: the file, and its part file and journal until it is complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paths {
    /// Path of the finished file.
    pub target: PathBuf,
    /// Path of the part file.
    pub part: PathBuf,
    /// Path of the journal.
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

    /// Deletes the part file and the journal.
    pub fn discard(&self) {
        // A file that cannot be deleted does not exist, or remains visible to the user.
        let _ = std::fs::remove_file(&self.journal);
        let _ = std::fs::remove_file(&self.part);
    }
}

/// An open part file, locked against other processes. A short one may have no name yet.
pub(crate) struct PartFile {
    file: File,
    write_lock: WriteLock,
    is_anonymous: AtomicBool,
    /// Final length of an anonymous file in bytes.
    anonymous_len: u64,
}

impl PartFile {
    /// Creates a part file of `len` bytes.
    ///
    /// # Errors
    /// `AlreadyExists` if there is one, and those of a write.
    pub fn create(path: &Path, len: u64) -> io::Result<Self> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path)?;
        let part = Self::locked(file)?;
        if let Err(error) = part.file.set_len(len) {
            // Without a journal, no later attempt would resume it.
            let _ = std::fs::remove_file(path);
            return Err(error);
        }
        Ok(part)
    }

    /// Creates an empty anonymous file in `folder`, for `len` bytes.
    ///
    /// # Errors
    /// The file system has no anonymous files, and those of a write.
    pub fn create_anonymous(folder: &Path, len: u64) -> io::Result<Self> {
        Ok(Self {
            file: anonymous_file::create(folder)?,
            write_lock: WriteLock::default(),
            is_anonymous: AtomicBool::new(true),
            anonymous_len: len,
        })
    }

    /// Returns whether it has no name, so that nothing remains of it after a crash.
    pub fn is_anonymous(&self) -> bool {
        self.is_anonymous.load(Ordering::Relaxed)
    }

    /// Gives an anonymous file its final length and the name `path`. Does nothing if it has a name.
    ///
    /// # Errors
    /// `AlreadyExists` if the name is taken, and those of a write.
    pub fn link_at(&self, path: &Path) -> io::Result<()> {
        if self.is_anonymous() {
            // A named part file always has its final length.
            self.file.set_len(self.anonymous_len)?;
            anonymous_file::link(&self.file, path)?;
            self.is_anonymous.store(false, Ordering::Relaxed);
            // No other process has seen the file, so none has locked it.
            let _ = self.file.try_lock();
        }
        Ok(())
    }

    /// Marks the complete file as a download from `origin`, a URL without secrets.
    pub fn mark_origin(&self, paths: &Paths, origin: &str) {
        origin_mark::set(&self.file, &paths.part, origin);
    }

    /// Gives the complete file the name `wanted`, or the first free alternative. Returns the name.
    ///
    /// # Errors
    /// Those of a rename.
    pub fn move_to_final_name(&self, paths: &Paths, wanted: &Path) -> io::Result<PathBuf> {
        if self.is_anonymous() {
            if let Ok(path) = claim_free_name(wanted, |path| anonymous_file::link(&self.file, path))
            {
                return Ok(path);
            }
            // The system cannot link it (no /proc, or a sandbox): copy it to a named file.
            self.copy_to(&paths.part)?;
        }
        let path = rename_noreplace(&paths.part, wanted)?;
        // A journal without its part file would only be ignored.
        let _ = std::fs::remove_file(&paths.journal);
        Ok(path)
    }

    /// Copies it to a new file in one read: an anonymous file is short.
    fn copy_to(&self, path: &Path) -> io::Result<()> {
        let mut bytes = vec![0; usize::try_from(self.len()?).unwrap_or(usize::MAX)];
        self.read_at(0, &mut bytes)?;
        let mut copy = File::create_new(path)?;
        copy.write_all(&bytes)?;
        copy.sync_data()
    }

    /// Opens an existing part file.
    ///
    /// # Errors
    /// `WouldBlock` if it is locked, and those of opening a file.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::locked(OpenOptions::new().read(true).write(true).open(path)?)
    }

    fn locked(file: File) -> io::Result<Self> {
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Err(io::ErrorKind::WouldBlock.into()),
            // A file system without locks can be used all the same.
            Err(std::fs::TryLockError::Error(error))
                if error.kind() == io::ErrorKind::Unsupported => {}
            Err(std::fs::TryLockError::Error(error)) => return Err(error),
        }
        Ok(Self {
            file,
            write_lock: WriteLock::default(),
            is_anonymous: AtomicBool::new(false),
            anonymous_len: 0,
        })
    }

    /// Returns the length in bytes.
    pub fn len(&self) -> io::Result<u64> {
        self.file.metadata().map(|meta| meta.len())
    }

    /// Writes all of `bytes` at `offset`. Any number of threads may write at the same time.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.lock_for_write().write_at(offset, bytes)
    }

    /// Waits until no other thread writes, and keeps others from writing while the guard lives.
    pub fn lock_for_write(&self) -> WriteGuard<'_> {
        WriteGuard {
            file: &self.file,
            _lock: self.write_lock.lock(),
        }
    }

    /// Fills `buf` from `offset`.
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        positioned::read_exact_at(&self.file, offset, buf)
    }

    /// Waits until all written bytes are on the disk.
    pub fn flush(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// Permission to write, held by one thread at a time.
pub(crate) struct WriteGuard<'a> {
    file: &'a File,
    _lock: MutexGuard<'a, ()>,
}

impl WriteGuard<'_> {
    /// Moves all bytes in `pipe` to `offset`.
    pub fn splice_at(&self, offset: u64, pipe: &mut Splice) -> io::Result<()> {
        pipe.drain_into(self.file, offset)
    }

    /// Writes all of `bytes` at `offset`.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        positioned::write_all_at(self.file, offset, bytes)
    }
}

/// Number of times that a waiting thread yields before it sleeps. A write takes microseconds, unless it
/// waits for the disk.
const YIELDS: u32 = 100;
/// Most threads that yield at a time. Further ones sleep at once.
const MAX_YIELDING: usize = 4;

/// An adaptive lock: the next few waiting threads yield, and the others sleep.
///
/// The kernel admits one writer at a time anyway (it locks the inode), but its waiters spin, and take
/// the time from threads that could receive meanwhile. Threads that sleep at once are woken late: with 5
/// connections, a core was idle a tenth of the time. With 50 threads yielding, a fifth of the time went
/// into context switches.
#[derive(Default)]
struct WriteLock {
    mutex: Mutex<()>,
    yielding: AtomicUsize,
}

impl WriteLock {
    fn lock(&self) -> MutexGuard<'_, ()> {
        if let Some(guard) = self.try_lock() {
            return guard;
        }
        let may_yield = self.yielding.fetch_add(1, Ordering::Relaxed) < MAX_YIELDING;
        let mut yields = if may_yield { YIELDS } else { 0 };
        let guard = loop {
            if yields == 0 {
                break lock(&self.mutex);
            }
            yields -= 1;
            std::thread::yield_now();
            if let Some(guard) = self.try_lock() {
                break guard;
            }
        };
        self.yielding.fetch_sub(1, Ordering::Relaxed);
        guard
    }

    fn try_lock(&self) -> Option<MutexGuard<'_, ()>> {
        match self.mutex.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(error)) => Some(error.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// Positioned reads and writes, which do not move a cursor shared by the threads.
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
