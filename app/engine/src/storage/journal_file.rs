//! Writes, seals and reads journals.
//!
//! **Why a code and not a folder of the program.** A journal stands beside its part file, so both move
//! together to another folder or computer disk, and a user sees and can delete them. Anybody may put a
//! file of that name there: a browser, a Metalink, another user of a shared folder. So the last field of a
//! journal is a code (BLAKE3 with the key of this user, see `user_key`) over everything before it. It is
//! checked before anything is parsed. A file without the right code is not a journal: it is neither
//! believed nor replaced nor deleted, and the download takes the next name.
//!
//! **Replaced as a whole.** A new journal is written under a staged name and then renamed, so that a crash
//! leaves the old or the new one. The rename happens only while the name still belongs to the journal that
//! was written last. On a full disk the new journal overwrites the old one in place: the bytes received
//! since must not be lost because the disk has no room for a second journal.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::file_identity::FileIdentity;
use super::journal::Journal;
use super::own_file::{self, Access, Opened};
use super::staged_file::StagedFile;
use super::user_key::UserKey;
use super::{anonymous_file, rename_noreplace, target_path};
use crate::sync::lock;

/// Purpose of the code in a journal.
const PURPOSE: &str = "journal";
/// Text before the code.
const CODE_FIELD: &[u8] = b",\"code\":\"";
/// Length of the code in characters.
const CODE_LEN: usize = 64;
/// Text after the code.
const END: &[u8] = b"\"}";
/// Longest journal without its bitmap, in bytes.
const MAX_HEAD_LEN: u64 = 256 * 1024;
/// Longest journal in bytes.
const MAX_LEN: u64 = 512 * 1024 * 1024;
/// Bytes of a part file for each byte of its journal, at least: 64 packets of 128 bytes take a word of at
/// most 19 bytes.
const MIN_PART_RATIO: u64 = 256;

/// Serializes a journal with its code.
fn seal(journal: &Journal, key: &UserKey) -> io::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec(journal)?;
    bytes.pop();
    let code = key.code(PURPOSE, &bytes);
    bytes.extend([CODE_FIELD, code.as_bytes(), END].concat());
    Ok(bytes)
}

/// Parses a journal that this user's Lanes wrote. `None` if the code is wrong.
fn unseal(mut bytes: Vec<u8>, key: &UserKey) -> Option<Journal> {
    let body_len = bytes
        .len()
        .checked_sub(CODE_FIELD.len() + CODE_LEN + END.len())?;
    let seal = bytes[body_len..]
        .strip_prefix(CODE_FIELD)?
        .strip_suffix(END)?;
    let code = str::from_utf8(seal).ok()?;
    if !key.is_code(PURPOSE, &bytes[..body_len], code) {
        return None;
    }
    bytes.truncate(body_len);
    bytes.push(b'}');
    Journal::parse(&bytes)
}

/// Result of reading a journal.
pub(crate) enum Stored {
    /// Nothing has its name.
    Missing,
    /// A file that this user's Lanes did not write, or not to its end.
    Foreign,
    /// A journal of an earlier version, which anybody can have written.
    Earlier,
    /// A journal, with its open file.
    Own(Box<Journal>, JournalFile, File),
}

/// Reads the journal at `path`, of a part file of `part_len` bytes.
pub(crate) fn read(path: &Path, part_len: u64) -> Stored {
    let (file, meta) = match own_file::open(path, Access::Read) {
        Opened::Missing => return Stored::Missing,
        Opened::Foreign => return Stored::Foreign,
        Opened::Regular(file, meta) => (file, meta),
    };
    let max = (MAX_HEAD_LEN + part_len / MIN_PART_RATIO).min(MAX_LEN);
    if meta.len() > max || own_file::link_count(&meta) != 1 {
        return Stored::Foreign;
    }
    let mut bytes = Vec::new();
    // It may grow meanwhile.
    if (&file).take(max + 1).read_to_end(&mut bytes).is_err() {
        return Stored::Foreign;
    }
    if Journal::is_earlier_version(&bytes) {
        return Stored::Earlier;
    }
    match unseal(bytes, UserKey::get()) {
        Some(journal) => {
            let stored = JournalFile::new(path.to_owned());
            *lock(&stored.written) = Some(FileIdentity::of(&file, &meta));
            Stored::Own(Box::new(journal), stored, file)
        }
        None => Stored::Foreign,
    }
}

/// The journal of one download on the disk.
pub(crate) struct JournalFile {
    path: PathBuf,
    /// The file that was written last.
    written: Mutex<Option<FileIdentity>>,
}

impl JournalFile {
    /// Creates the state of a journal that is not written yet.
    pub fn new(path: PathBuf) -> Self {
        Self {
            path,
            written: Mutex::new(None),
        }
    }

    /// Writes the first journal. The returned file is locked: another process leaves the journal alone
    /// until it is closed.
    ///
    /// # Errors
    /// `AlreadyExists` if the name is taken, and those of a write.
    pub fn create(&self, journal: &Journal, flush: bool) -> io::Result<File> {
        let bytes = seal(journal, UserKey::get())?;
        let (file, identity) = match self.create_unnamed(&bytes, flush) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                let staged = self.stage(&bytes, flush)?;
                rename_noreplace::rename_own(&staged.path, &self.path)
                    .inspect_err(|_| staged.discard())?;
                (staged.file, staged.identity)
            }
            created => created?,
        };
        *lock(&self.written) = Some(identity);
        Ok(file)
    }

    /// Writes it to a file without a name, so that a crash leaves nothing.
    fn create_unnamed(&self, bytes: &[u8], flush: bool) -> io::Result<(File, FileIdentity)> {
        let mut file = anonymous_file::create(target_path::folder_of(&self.path), 0o600)?;
        own_file::try_lock(&file)?;
        write(&mut file, bytes, flush)?;
        let identity = FileIdentity::of(&file, &file.metadata()?);
        anonymous_file::link(&file, &self.path)?;
        Ok((file, identity))
    }

    /// Replaces the journal. With `flush`, waits until the new one is on the disk first.
    ///
    /// # Errors
    /// `AlreadyExists` if the name belongs to another file by now, and those of a write.
    pub fn replace(&self, journal: &Journal, flush: bool) -> io::Result<()> {
        let mut written = lock(&self.written);
        let bytes = seal(journal, UserKey::get())?;
        let replaced = self.stage(&bytes, flush).and_then(|staged| {
            self.rename(&staged.path, written.as_ref())
                .inspect_err(|_| staged.discard())?;
            Ok(staged.identity)
        });
        match (replaced, *written) {
            (Ok(identity), _) => *written = Some(identity),
            (Err(error), Some(old)) if is_disk_full(&error) => overwrite(&self.path, &old, &bytes)?,
            (Err(error), _) => return Err(error),
        }
        Ok(())
    }

    /// Writes it to a staged file.
    fn stage(&self, bytes: &[u8], flush: bool) -> io::Result<StagedFile> {
        let mut staged = StagedFile::create(&self.path, ".lanes.new")?;
        // A partial journal is useless, and takes space on a disk that may be full.
        let written = write(&mut staged.file, bytes, flush);
        written.inspect_err(|_| staged.discard())?;
        Ok(staged)
    }

    /// Renames a staged journal over the one that was `written` last, and over no other file.
    fn rename(&self, staged: &Path, written: Option<&FileIdentity>) -> io::Result<()> {
        if written.is_some_and(|written| written.is_at(&self.path)) {
            return lanes_os::file::rename(staged, &self.path);
        }
        rename_noreplace::rename_own(staged, &self.path)
    }

    /// Deletes the journal, if the name still belongs to it.
    ///
    /// # Errors
    /// Those of deleting a file.
    pub fn remove(&self) -> io::Result<()> {
        let written = lock(&self.written).take();
        written.map_or(Ok(()), |written| own_file::remove(&self.path, &written))
    }
}

fn write(file: &mut File, bytes: &[u8], flush: bool) -> io::Result<()> {
    file.write_all(bytes)?;
    if flush {
        file.sync_data()?;
    }
    Ok(())
}

fn is_disk_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

/// Overwrites the journal in place, which needs no further blocks on a full disk. A crash during this
/// write loses the journal; without it, all bytes received since the last journal would be lost.
fn overwrite(path: &Path, written: &FileIdentity, bytes: &[u8]) -> io::Result<()> {
    /// Smallest allocation unit of file systems, in bytes.
    const BLOCK: usize = 4096;
    let Opened::Regular(mut file, meta) = own_file::open(path, Access::ReadWrite) else {
        return Err(io::ErrorKind::StorageFull.into());
    };
    let mut old = Vec::new();
    (&file).take(MAX_LEN).read_to_end(&mut old)?;
    let is_own = FileIdentity::of(&file, &meta) == *written;
    if !is_own || bytes.len() > old.len().next_multiple_of(BLOCK) {
        return Err(io::ErrorKind::StorageFull.into());
    }
    let mut write = |bytes: &[u8]| {
        io::Seek::rewind(&mut file)?;
        file.write_all(bytes)?;
        file.set_len(bytes.len() as u64)
    };
    write(bytes).or_else(|error| write(&old).and(Err(error)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::storage::journal::tests::journal;

    fn own(path: &Path) -> Option<Journal> {
        match read(path, 0) {
            Stored::Own(journal, ..) => Some(*journal),
            Stored::Missing | Stored::Foreign | Stored::Earlier => None,
        }
    }

    #[test]
    fn a_journal_is_read_as_it_was_written_and_leaves_no_other_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = JournalFile::new(dir.path().join("x.lanes"));
        let (first, second) = (journal(900, vec![]), journal(900, vec![(0, 2)]));
        // It holds the whole link.
        let is_private = || own_file::mode(&fs::metadata(&file.path).unwrap()) & 0o177 == 0;
        drop(file.create(&first, true).unwrap());
        assert_eq!(own(&file.path), Some(first));
        assert!(is_private());
        for flush in [true, false] {
            file.replace(&second, flush).unwrap();
            assert_eq!(own(&file.path), Some(second.clone()));
            assert!(is_private());
        }
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        file.remove().unwrap();
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_journal_with_any_bit_changed_is_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        let file = JournalFile::new(dir.path().join("x.lanes"));
        drop(file.create(&journal(900, vec![(0, 2)]), false).unwrap());
        let bytes = fs::read(&file.path).unwrap();
        for at in 0..bytes.len() {
            let mut wrong = bytes.clone();
            wrong[at] ^= 1 << (at % 7);
            fs::write(&file.path, &wrong).unwrap();
            assert_eq!(own(&file.path), None, "byte {at}");
        }
        for len in [0, 10, bytes.len() - 1] {
            fs::write(&file.path, &bytes[..len]).unwrap();
            assert_eq!(own(&file.path), None, "{len} bytes");
        }
        // Without its code it is what anybody can write.
        let forged = serde_json::to_vec(&journal(900, vec![(0, 7)])).unwrap();
        fs::write(&file.path, forged).unwrap();
        assert!(matches!(read(&file.path, 0), Stored::Foreign));
        fs::write(&file.path, "{\"version\":2,\"source\":\"http://h/x\"}").unwrap();
        assert!(matches!(read(&file.path, 0), Stored::Earlier));
    }

    #[test]
    fn a_file_of_the_user_under_the_name_of_a_journal_is_neither_replaced_nor_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let file = JournalFile::new(dir.path().join("x.lanes"));
        fs::write(&file.path, "mine").unwrap();
        let refused = |result: io::Result<()>| {
            assert_eq!(result.unwrap_err().kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read_to_string(&file.path).unwrap(), "mine");
            assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        };
        refused(file.create(&journal(9, vec![]), false).map(drop));
        refused(file.replace(&journal(9, vec![]), false));
        file.remove().unwrap();
        assert_eq!(fs::read_to_string(&file.path).unwrap(), "mine");
        fs::remove_file(&file.path).unwrap();
        drop(file.create(&journal(9, vec![]), false).unwrap());
        // It replaced the journal in the meantime.
        fs::write(dir.path().join("y"), "mine").unwrap();
        fs::rename(dir.path().join("y"), &file.path).unwrap();
        refused(file.replace(&journal(9, vec![]), false));
        file.remove().unwrap();
        assert!(&file.path.exists());
    }

    #[test]
    fn no_more_is_read_than_a_journal_can_have() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.lanes");
        File::create(&path).unwrap().set_len(512 << 20).unwrap();
        assert!(matches!(read(&path, 0), Stored::Foreign));
        assert!(matches!(read(&path, 1 << 30), Stored::Foreign));
    }
}
