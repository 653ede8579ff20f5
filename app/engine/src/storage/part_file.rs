//! The partial file, `NAME.part`, written at any offset by any connection.
//!
//! The file is locked against other processes. The lock is on the part file and not on the journal: the
//! journal is replaced by a rename every second, which a lock does not survive.
//!
//! One thread writes at a time ([`WriteGuard`]). The kernel locks the inode anyway, and its waiters
//! spin.
//!
//! **A flush that failed is remembered.** After an error of `fdatasync` the kernel may drop the bytes and
//! report success the next time. So no later flush of the same file succeeds, no further journal is
//! written, and the next attempt fetches again what the last good journal does not have.

mod copied_bytes;
mod final_name;

use std::fs::{File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock};
use std::time::SystemTime;

use super::adaptive_mutex::AdaptiveMutex;
use super::file_identity::FileIdentity;
use super::journal::{Journal, PartRecord};
use super::origin_mark;
use super::own_file;
use super::splice::Splice;
use super::staged_file::StagedFile;
use super::stream_sink::StreamSink;
use super::target_path::folder_of;
use super::{anonymous_file, rename_noreplace};
use crate::sync::lock;

/// Length from which a part file is made sparse, in bytes (16 MiB): connections write far apart in it.
const SPARSE_FROM: u64 = 16 << 20;

/// The name of an open part file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Name {
    /// None yet: nothing of the file remains after a crash.
    None,
    /// A name that only this user can compute; the next run deletes the file.
    Staged(PathBuf),
    /// The name of a part file, beside its journal.
    Part(PathBuf),
    /// The final name.
    Final(PathBuf),
}

/// An open part file, locked against other processes. It has no name until it has a journal.
pub(crate) struct PartFile {
    file: File,
    write_lock: AdaptiveMutex,
    name: Mutex<Name>,
    /// Length that it gets with its name, in bytes; `None` if it is not known before.
    len: Option<u64>,
    /// Set once it is prepared for a name, or was opened by one.
    record: OnceLock<PartRecord>,
    flush_failed: AtomicBool,
    /// URL that it is marked with, once it is complete.
    origin: OnceLock<String>,
    /// Present if the bytes go to a pipe or a device.
    stream: Option<StreamSink>,
}

impl PartFile {
    fn new(file: File, name: Name, len: Option<u64>) -> Self {
        Self {
            file,
            write_lock: AdaptiveMutex::default(),
            name: Mutex::new(name),
            len,
            record: OnceLock::new(),
            flush_failed: AtomicBool::new(false),
            origin: OnceLock::new(),
            stream: None,
        }
    }

    /// Creates an empty file that will become `part`, for `len` bytes; `None` if the length is not known.
    /// A crash leaves nothing of it that the next run does not delete.
    ///
    /// # Errors
    /// Those of creating a file.
    pub fn create(part: &Path, len: Option<u64>) -> io::Result<Self> {
        if let Ok(file) = Self::create_unnamed(folder_of(part), len) {
            return Ok(file);
        }
        let staged = StagedFile::create(part, ".part")?;
        if len.is_some_and(|len| len >= SPARSE_FROM) {
            // A file system that refuses it fills the holes with zeros, which takes time only.
            let _ = lanes_os::file::set_sparse(&staged.file, true);
        }
        Ok(Self::new(staged.file, Name::Staged(staged.path), len))
    }

    /// As [`Self::create`], only without any name.
    ///
    /// # Errors
    /// The file system has no such files, and those of creating a file.
    pub fn create_unnamed(folder: &Path, len: Option<u64>) -> io::Result<Self> {
        let file = anonymous_file::create(folder, 0o666)?;
        Ok(Self::new(file, Name::None, len))
    }

    /// Takes an existing part file, and the record of its journal.
    pub fn existing(file: File, part: &Path, record: PartRecord) -> Self {
        let part = Self::new(file, Name::Part(part.to_owned()), None);
        part.record.get_or_init(|| record);
        part
    }

    /// Takes a file that has its final name already: an earlier run ended before it deleted the journal.
    pub fn finished(file: File, path: &Path, record: PartRecord) -> Self {
        let part = Self::new(file, Name::Final(path.to_owned()), None);
        part.record.get_or_init(|| record);
        part
    }

    /// Creates a file that writes to a pipe or a device.
    ///
    /// # Errors
    /// The process has no descriptor left.
    pub fn streaming(stream: StreamSink) -> io::Result<Self> {
        let mut file = Self::new(stream.handle()?, Name::None, None);
        file.stream = Some(stream);
        Ok(file)
    }

    /// Returns the pipe or device that the bytes go to.
    pub fn stream(&self) -> Option<&StreamSink> {
        self.stream.as_ref()
    }

    /// Returns whether it has the name of a part file, so that a later attempt may find it.
    pub fn is_part(&self) -> bool {
        matches!(*lock(&self.name), Name::Part(_))
    }

    /// Returns whether it has a name that only this user can compute.
    pub fn is_staged(&self) -> bool {
        matches!(*lock(&self.name), Name::Staged(_))
    }

    /// Returns whether it has its final name.
    pub fn is_final(&self) -> bool {
        matches!(*lock(&self.name), Name::Final(_))
    }

    /// Gives it its final length, closes it to others and locks it, and returns what the journal records
    /// of it.
    ///
    /// # Errors
    /// Those of a write.
    pub fn prepare(&self) -> io::Result<PartRecord> {
        if let Some(record) = self.record.get() {
            return Ok(*record);
        }
        if let Some(len) = self.len {
            self.file.set_len(len)?;
        }
        let before = own_file::mode(&self.file.metadata()?);
        let is_staged = matches!(*lock(&self.name), Name::Staged(_));
        // A file system without modes refuses this.
        let _ = own_file::restrict(&self.file);
        // No other process has seen the file, so none has locked it.
        let _ = own_file::try_lock(&self.file);
        let meta = self.file.metadata().inspect_err(|_| {
            let _ = own_file::set_mode(&self.file, before);
        })?;
        let record = PartRecord {
            identity: FileIdentity::of(&self.file, &meta),
            owner: own_file::owner(&meta),
            open_mode: own_file::mode(&meta) & 0o022,
            final_mode: if is_staged {
                own_file::default_mode()
            } else {
                before
            },
        };
        Ok(*self.record.get_or_init(|| record))
    }

    /// Gives it the name `part`. Does nothing if it has a name.
    ///
    /// # Errors
    /// `AlreadyExists` if the name is taken, and those of a rename.
    pub fn name_part(&self, part: &Path) -> io::Result<()> {
        let mut name = lock(&self.name);
        match &*name {
            Name::None => anonymous_file::link(&self.file, part)?,
            Name::Staged(staged) => rename_noreplace::rename_own(staged, part)?,
            Name::Part(_) | Name::Final(_) => return Ok(()),
        }
        *name = Name::Part(part.to_owned());
        Ok(())
    }

    /// Marks the complete file as a download from `origin`, a URL without secrets. A copy that gets the
    /// final name instead of the file is marked too.
    pub fn mark_origin(&self, origin: String) {
        let origin = self.origin.get_or_init(|| origin);
        origin_mark::set(&self.file, self.present_path().as_deref(), origin);
    }

    /// Returns the path under which the file can be opened now; `None` if it has no name.
    fn present_path(&self) -> Option<PathBuf> {
        match &*lock(&self.name) {
            Name::None => None,
            Name::Staged(path) | Name::Part(path) | Name::Final(path) => Some(path.clone()),
        }
    }

    /// Deletes it under the name of a part file, if the name still belongs to it.
    ///
    /// # Errors
    /// Those of deleting a file.
    pub fn remove_part(&self, part: &Path) -> io::Result<()> {
        let Some(record) = self.record.get() else {
            return Ok(());
        };
        own_file::remove(part, &record.identity)
    }

    /// Deletes it under its staged name, if `name` is one that still belongs to it.
    fn remove_staged(&self, name: &Name) {
        if let Name::Staged(staged) = name
            && let Ok(meta) = self.file.metadata()
        {
            // The next run deletes what cannot be deleted now.
            let _ = own_file::remove(staged, &FileIdentity::of(&self.file, &meta));
        }
    }

    /// Returns whether the open file is the one that `journal` belongs to.
    pub fn belongs_to(file: &File, journal: &Journal) -> bool {
        let Ok(meta) = file.metadata() else {
            return false;
        };
        let record = &journal.part;
        let now = FileIdentity::of(file, &meta);
        meta.len() == journal.len
            && record
                .identity
                .is_same_as(&now, own_file::is_volatile(file))
            && record.owner == own_file::owner(&meta)
    }

    /// Returns whether a file with this metadata, which `journal` belongs to, can have been changed by
    /// other users. A finished file has its final mode, so this says nothing about it.
    pub fn is_open_to_others(meta: &Metadata, journal: &Journal) -> bool {
        own_file::mode(meta) & 0o022 & !journal.part.open_mode != 0
    }

    /// Sets the time of the last change.
    ///
    /// # Errors
    /// Those of the system.
    pub fn set_modified(&self, time: SystemTime) -> io::Result<()> {
        self.file.set_modified(time)
    }

    /// Writes all of `bytes` at `offset`. Any number of threads may write at the same time.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.lock_for_write().write_at(offset, bytes)
    }

    /// Waits until no other thread writes, and keeps others from writing while the guard lives.
    pub fn lock_for_write(&self) -> WriteGuard<'_> {
        WriteGuard {
            file: self,
            _lock: self.write_lock.lock(),
        }
    }

    /// Fills `buf` from `offset`.
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> io::Result<()> {
        lanes_os::file::read_exact_at(&self.file, offset, buf)
    }

    /// Waits until all written bytes are on the disk. Once that has failed, it fails always.
    ///
    /// # Errors
    /// Those of a flush.
    pub fn flush(&self) -> io::Result<()> {
        if self.has_flush_failed() {
            return Err(io::Error::other("an earlier flush failed"));
        }
        if let Some(stream) = &self.stream {
            return stream.flush();
        }
        self.file.sync_data().inspect_err(|_| {
            self.flush_failed.store(true, Ordering::Release);
        })
    }

    /// Returns whether a flush has failed, so that written bytes may be lost.
    pub fn has_flush_failed(&self) -> bool {
        self.flush_failed.load(Ordering::Acquire)
    }
}

impl Drop for PartFile {
    /// Deletes a file that has only a staged name: nothing would find it but the next run.
    fn drop(&mut self) {
        self.remove_staged(&lock(&self.name));
    }
}

/// Permission to write, held by one thread at a time.
pub(crate) struct WriteGuard<'a> {
    file: &'a PartFile,
    _lock: MutexGuard<'a, ()>,
}

impl WriteGuard<'_> {
    /// Moves all bytes in `pipe` to `offset`.
    pub fn splice_at(&self, offset: u64, pipe: &mut Splice) -> io::Result<()> {
        match &self.file.stream {
            Some(stream) => stream.write_at(offset, &pipe.take()?),
            None => pipe.drain_into(&self.file.file, offset),
        }
    }

    /// Writes all of `bytes` at `offset`.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        match &self.file.stream {
            Some(stream) => stream.write_at(offset, bytes),
            None => lanes_os::file::write_all_at(&self.file.file, offset, bytes),
        }
    }
}

#[cfg(test)]
mod tests;
