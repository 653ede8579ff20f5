//! Files: positioned reads and writes, sparse files, locks, names that another program holds.

#[cfg(windows)]
mod windows;

use std::fs::{self, File, TryLockError};
use std::io;
use std::ops::Range;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// Time for which another program may keep a file open before a change of it fails.
const MAX_BUSY: Duration = Duration::from_secs(1);
/// Pause between two attempts.
const BUSY_RETRY: Duration = Duration::from_millis(20);

/// Fills `buf` from `offset` on, independently of other readers of the file. On Windows it moves the cursor
/// of the file.
///
/// # Errors
/// `UnexpectedEof` if the file is too short, or the error of the system.
#[cfg(unix)]
pub fn read_exact_at(file: &File, offset: u64, buf: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buf, offset)
}

/// Fills `buf` from `offset` on, independently of other readers of the file. Moves the cursor of the file.
///
/// # Errors
/// `UnexpectedEof` if the file is too short, or the error of the system.
#[cfg(windows)]
pub fn read_exact_at(file: &File, mut offset: u64, mut buf: &mut [u8]) -> io::Result<()> {
    while !buf.is_empty() {
        match std::os::windows::fs::FileExt::seek_read(file, buf, offset) {
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

/// Writes all of `bytes` at `offset`. On Windows it moves the cursor of the file.
///
/// # Errors
/// Those of the system.
#[cfg(unix)]
pub fn write_all_at(file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

/// Writes all of `bytes` at `offset`. Moves the cursor of the file.
///
/// # Errors
/// Those of the system.
#[cfg(windows)]
pub fn write_all_at(file: &File, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match std::os::windows::fs::FileExt::seek_write(file, bytes, offset) {
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

/// Length of a read of a copy in bytes.
const COPY_BUFFER: usize = 1 << 20;

/// Copies `bytes` of one file to the same offset of another. Linux copies them within the kernel; a file
/// system that shares blocks then copies nothing.
///
/// # Errors
/// `UnexpectedEof` if `from` is too short, or the error of the system.
pub fn copy_range(from: &File, to: &File, bytes: &Range<u64>) -> io::Result<()> {
    let mut at = bytes.start;
    #[cfg(target_os = "linux")]
    while at < bytes.end {
        let (mut source, mut target) = (at, at);
        let len = usize::try_from(bytes.end - at).unwrap_or(usize::MAX);
        let ends = (Some(&mut source), Some(&mut target));
        match rustix::fs::copy_file_range(from, ends.0, to, ends.1, len) {
            Ok(copied) if copied > 0 => at += copied as u64,
            // Another device, a file system without it, or the end of the file: the loop below tells.
            _ => break,
        }
    }
    let mut buf = Vec::new();
    while at < bytes.end {
        let len = (bytes.end - at).min(COPY_BUFFER as u64) as usize;
        buf.resize(len, 0);
        read_exact_at(from, at, &mut buf)?;
        write_all_at(to, at, &buf)?;
        at += len as u64;
    }
    Ok(())
}

/// Returns the offset of the first hole of a file, or its length if it has none, or the system cannot tell. May
/// move the cursor of the file.
///
/// # Errors
/// The length cannot be read.
pub fn first_hole(file: &File) -> io::Result<u64> {
    let len = file.metadata()?.len();
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    if len > 0
        && let Ok(hole) = rustix::fs::seek(file, rustix::fs::SeekFrom::Hole(0))
    {
        return Ok(hole.min(len));
    }
    Ok(len)
}

/// Sets whether a file may have holes. Only NTFS needs it: otherwise a write far behind the last written
/// byte first fills everything between with zeros, within the call. Unix has no such state, and this does
/// nothing.
///
/// # Errors
/// The file system has no sparse files.
pub fn set_sparse(file: &File, is_sparse: bool) -> io::Result<()> {
    #[cfg(windows)]
    return windows::set_sparse(file, is_sparse);
    #[cfg(not(windows))]
    {
        let _ = (file, is_sparse);
        Ok(())
    }
}

/// Deletes the file `path`. On Windows tries again for a second while a virus scanner or an indexer has it
/// open.
///
/// # Errors
/// Those of the system.
pub fn remove(path: &Path) -> io::Result<()> {
    until_free(|| fs::remove_file(path))
}

/// Renames `from` to `to`, which is replaced. On Windows tries again for a second while a virus scanner or an
/// indexer has either open.
///
/// # Errors
/// Those of the system.
pub fn rename(from: &Path, to: &Path) -> io::Result<()> {
    until_free(|| fs::rename(from, to))
}

/// Repeats a call for [`MAX_BUSY`] while another program has the file open. No event tells when it closes
/// the file.
fn until_free(call: impl Fn() -> io::Result<()>) -> io::Result<()> {
    let deadline = Instant::now() + MAX_BUSY;
    loop {
        match call() {
            Err(error) if is_busy(&error) && Instant::now() < deadline => {
                thread::sleep(BUSY_RETRY);
            }
            result => return result,
        }
    }
}

/// Returns whether a file cannot be changed because another program has it open:
/// `ERROR_ACCESS_DENIED` and `ERROR_SHARING_VIOLATION`. Unix lets open files be renamed and deleted.
fn is_busy(error: &io::Error) -> bool {
    cfg!(windows) && matches!(error.raw_os_error(), Some(5 | 32))
}

/// Returns the numbers by which a file system knows a file, whatever its name: that of the volume and that of the
/// file. `None` if there are none that a rename leaves: FAT and exFAT number the entries of folders.
pub fn numbers(file: &File) -> Option<(u64, u64)> {
    #[cfg(windows)]
    return windows::numbers(file).ok().flatten();
    #[cfg(not(windows))]
    file.metadata().ok().map(|meta| numbers_of(&meta))
}

/// Returns the numbers of the file with this metadata.
#[cfg(unix)]
pub fn numbers_of(meta: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (meta.dev(), meta.ino())
}

/// Opens what has the name `path`, a link itself and a folder too, only to learn its metadata and numbers.
///
/// # Errors
/// Those of opening a file.
#[cfg(windows)]
pub fn open_itself(path: &Path) -> io::Result<File> {
    windows::open_itself(path)
}

/// Locks a file against other processes that use this function, without waiting. They can still read and
/// write it: a lock of std on Windows covers the bytes of the file, and no other program can read them then.
///
/// # Errors
/// [`TryLockError::WouldBlock`] if the file is locked; [`TryLockError::Error`] if the file system has no
/// locks.
pub fn try_lock(file: &File) -> Result<(), TryLockError> {
    #[cfg(windows)]
    return windows::try_lock(file);
    #[cfg(not(windows))]
    file.try_lock()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_far_apart_leave_the_other_bytes_zero() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let file = File::create_new(&path).unwrap();
        // A file system may refuse it.
        let _ = set_sparse(&file, true);
        file.set_len(1 << 20).unwrap();
        write_all_at(&file, 1_000_000, b"abc").unwrap();
        write_all_at(&file, 0, b"x").unwrap();
        let _ = set_sparse(&file, false);
        let file = File::open(&path).unwrap();
        let mut far = [0; 4];
        read_exact_at(&file, 999_999, &mut far).unwrap();
        assert_eq!(&far, b"\0abc");
        let error = read_exact_at(&file, (1 << 20) - 1, &mut far).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(fs::metadata(path).unwrap().len(), 1 << 20);
    }

    #[test]
    fn a_file_keeps_its_numbers_when_it_is_written_and_renamed() {
        let dir = tempfile::tempdir().unwrap();
        let (path, other) = (dir.path().join("x"), dir.path().join("y"));
        let file = File::create_new(&path).unwrap();
        let before = numbers(&file).unwrap();
        write_all_at(&file, 0, b"abc").unwrap();
        drop(file);
        rename(&path, &other).unwrap();
        assert_eq!(numbers(&File::open(&other).unwrap()), Some(before));
        let file = File::create_new(&path).unwrap();
        assert_ne!(numbers(&file), Some(before));
    }

    #[test]
    fn a_range_is_copied_to_its_offset_and_the_end_of_the_file_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("from");
        let bytes: Vec<u8> = (0..3_000_000u32).map(|at| (at * 7 / 5) as u8).collect();
        fs::write(&path, &bytes).unwrap();
        let from = File::open(&path).unwrap();
        let to = dir.path().join("to");
        let file = File::create_new(&to).unwrap();
        file.set_len(bytes.len() as u64).unwrap();
        copy_range(&from, &file, &(5..2_500_003)).unwrap();
        let copied = fs::read(&to).unwrap();
        assert!(copied[5..2_500_003] == bytes[5..2_500_003]);
        assert!(
            copied[..5]
                .iter()
                .chain(&copied[2_500_003..])
                .all(|byte| *byte == 0)
        );
        let error = copy_range(&from, &file, &(2_999_000..3_000_001)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_hole_is_found_where_the_file_system_has_holes() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        fs::write(&path, vec![1; 1 << 20]).unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        assert_eq!(first_hole(&file).unwrap(), 1 << 20);
        write_all_at(&file, 9 << 20, b"x").unwrap();
        let hole = first_hole(&file).unwrap();
        assert!(hole == 1 << 20 || hole == (9 << 20) + 1, "{hole}");
    }

    #[test]
    fn a_file_is_renamed_over_another_and_deleted() {
        let dir = tempfile::tempdir().unwrap();
        let (from, to) = (dir.path().join("from"), dir.path().join("to"));
        fs::write(&from, "new").unwrap();
        fs::write(&to, "old").unwrap();
        rename(&from, &to).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"new");
        let started = Instant::now();
        assert_eq!(remove(&from).unwrap_err().kind(), io::ErrorKind::NotFound);
        assert!(started.elapsed() < MAX_BUSY, "{:?}", started.elapsed());
        remove(&to).unwrap();
        assert!(!to.exists());
    }

    #[cfg(windows)]
    #[test]
    fn a_file_that_another_program_closes_soon_is_deleted() {
        use std::os::windows::fs::OpenOptionsExt as _;

        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        fs::write(&path, "abc").unwrap();
        // Shared with nothing, not even with a deletion.
        let held = File::options()
            .read(true)
            .share_mode(0)
            .open(&path)
            .unwrap();
        assert!(is_busy(&fs::remove_file(&path).unwrap_err()));
        std::thread::scope(|scope| {
            scope.spawn(|| remove(&path).unwrap());
            drop(held);
        });
        assert!(!path.exists());
    }

    #[test]
    fn a_locked_file_is_locked_once_and_can_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        fs::write(&path, "abc").unwrap();
        let open = || File::options().read(true).write(true).open(&path).unwrap();
        let (first, second) = (open(), open());
        try_lock(&first).unwrap();
        assert!(matches!(try_lock(&second), Err(TryLockError::WouldBlock)));
        assert_eq!(fs::read(&path).unwrap(), b"abc");
        drop(first);
        try_lock(&second).unwrap();
    }
}
