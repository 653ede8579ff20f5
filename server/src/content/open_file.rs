//! An open file, whose bytes always belong to one version of it.

use std::fs::{File, Metadata};
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lanes_shared::sample::Sample;
use lanes_shared::wire::Refusal;

/// Seed of the bytes of all samples. It must never change, because users may keep digests.
pub(super) const SAMPLE_SEED: u64 = 5115;

/// The version of a file: its length and modification time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FileVersion {
    /// Length in bytes.
    pub len: u64,
    /// Modification time in seconds since 1970; 0 if the file has none.
    pub modified_secs: i64,
    /// Nanoseconds of the modification time, below 10^9.
    pub modified_nanos: u32,
}

impl FileVersion {
    /// Returns the version of a file that never changes.
    pub fn fixed(len: u64) -> Self {
        Self {
            len,
            modified_secs: 0,
            modified_nanos: 0,
        }
    }

    /// Returns the version of a file on disk.
    pub fn of(metadata: &Metadata) -> Self {
        Self::new(metadata.len(), metadata.modified().ok())
    }

    /// Returns the version of a file in a `cap-std` directory.
    pub fn of_cap_std(metadata: &cap_std::fs::Metadata) -> Self {
        let modified = metadata.modified().ok();
        Self::new(
            metadata.len(),
            modified.map(cap_std::time::SystemTime::into_std),
        )
    }

    fn new(len: u64, modified: Option<SystemTime>) -> Self {
        let (modified_secs, modified_nanos) = unix_time(modified);
        Self {
            len,
            modified_secs,
            modified_nanos,
        }
    }

    /// Returns the modification time; `None` for a file that never changes. Times before 1970 count
    /// as 1970.
    pub fn modified(&self) -> Option<SystemTime> {
        let is_fixed = self.modified_secs == 0 && self.modified_nanos == 0;
        let since = Duration::new(
            self.modified_secs.try_into().unwrap_or(0),
            self.modified_nanos,
        );
        (!is_fixed).then(|| UNIX_EPOCH.checked_add(since))?
    }
}

/// Returns seconds since 1970 (negative before) and nanoseconds (never negative); zeros for `None`.
pub(super) fn unix_time(time: Option<SystemTime>) -> (i64, u32) {
    let Some(time) = time else { return (0, 0) };
    let signed = |length: Duration| i64::try_from(length.as_secs()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => (signed(after), after.subsec_nanos()),
        Err(before) => match before.duration() {
            whole if whole.subsec_nanos() == 0 => (-signed(whole), 0),
            part => (-signed(part) - 1, 1_000_000_000 - part.subsec_nanos()),
        },
    }
}

/// The reason for which bytes of an open file cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The file is not the version that was opened.
    #[error("the file changed during the transfer")]
    Changed,
    /// The system cannot read the file.
    #[error("cannot read the file: {0}")]
    Io(#[from] io::Error),
}

impl ReadError {
    /// Returns the code of the error in the Lanes protocol.
    pub fn refusal(&self) -> Refusal {
        match self {
            Self::Changed => Refusal::Changed,
            Self::Io(_) => Refusal::Unreadable,
        }
    }
}

enum Bytes {
    Disk(File),
    Sample(Arc<Sample>),
    Bundled(&'static [u8]),
}

/// An open file: on disk, a generated sample, or bundled.
pub(crate) struct OpenFile {
    name: String,
    version: FileVersion,
    bytes: Bytes,
}

impl OpenFile {
    /// Wraps an open file on disk with its current metadata.
    pub fn disk(name: &str, file: File, metadata: &Metadata) -> Self {
        Self {
            name: name.to_owned(),
            version: FileVersion::of(metadata),
            bytes: Bytes::Disk(file),
        }
    }

    /// Opens a generated sample of `len` bytes.
    pub fn sample(name: &str, len: u64, sample: Arc<Sample>) -> Self {
        Self {
            name: name.to_owned(),
            version: FileVersion::fixed(len),
            bytes: Bytes::Sample(sample),
        }
    }

    /// Opens a bundled file.
    pub fn bundled(name: &str, bytes: &'static [u8]) -> Self {
        Self {
            name: name.to_owned(),
            version: FileVersion::fixed(bytes.len() as u64),
            bytes: Bytes::Bundled(bytes),
        }
    }

    /// Returns the name in the catalogue.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the version that was opened.
    pub fn version(&self) -> FileVersion {
        self.version
    }

    /// Returns the text of an entity tag: unique among all versions of a file of this name.
    pub fn version_id(&self) -> String {
        let FileVersion {
            len,
            modified_secs,
            modified_nanos,
        } = self.version;
        match &self.bytes {
            Bytes::Disk(_) => format!("{len:x}-{modified_secs:x}-{modified_nanos:x}"),
            Bytes::Sample(_) => format!("sample-{SAMPLE_SEED}-{len:x}"),
            // Bundled files change only with the program.
            Bytes::Bundled(_) => format!("{}-{len:x}", env!("CARGO_PKG_VERSION")),
        }
    }

    /// Returns whether a read is a system call, so that reading ahead pays off.
    pub fn is_on_disk(&self) -> bool {
        matches!(self.bytes, Bytes::Disk(_))
    }

    /// Fills `buf` with the bytes from `offset` on. The range must lie inside the file.
    ///
    /// # Errors
    /// [`ReadError::Changed`] if the file has become shorter, or [`ReadError::Io`].
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        match &self.bytes {
            Bytes::Disk(file) => {
                lanes_os::file::read_exact_at(file, offset, buf).map_err(|error| {
                    match error.kind() {
                        io::ErrorKind::UnexpectedEof => ReadError::Changed,
                        _ => ReadError::Io(error),
                    }
                })
            }
            Bytes::Sample(sample) => {
                sample.fill(offset, buf);
                Ok(())
            }
            Bytes::Bundled(bytes) => {
                let from = offset as usize;
                buf.copy_from_slice(&bytes[from..from + buf.len()]);
                Ok(())
            }
        }
    }

    /// Checks that the file is still the version that was opened. Called *after* a read and before
    /// the bytes are sent, it guarantees that they belong to that version, as far as the resolution
    /// of modification times allows.
    ///
    /// # Errors
    /// [`ReadError::Changed`], or [`ReadError::Io`] if the metadata cannot be read.
    pub fn check(&self) -> Result<(), ReadError> {
        match &self.bytes {
            Bytes::Disk(file) if FileVersion::of(&file.metadata()?) != self.version => {
                Err(ReadError::Changed)
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_1970_are_negative() {
        let before = UNIX_EPOCH - Duration::from_millis(1500);
        assert_eq!(unix_time(Some(before)), (-2, 500_000_000));
        assert_eq!(
            unix_time(Some(UNIX_EPOCH - Duration::from_secs(3))),
            (-3, 0)
        );
        assert_eq!(
            // Windows counts hundreds of nanoseconds.
            unix_time(Some(UNIX_EPOCH + Duration::from_nanos(700))),
            (0, 700)
        );
        assert_eq!(unix_time(None), (0, 0));
    }

    #[test]
    fn a_truncated_file_is_detected() {
        let temp = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(temp.path(), [7; 100]).unwrap();
        let open = File::open(temp.path()).unwrap();
        let metadata = open.metadata().unwrap();
        let file = OpenFile::disk("x", open, &metadata);
        let mut buf = [0; 60];
        file.read_at(40, &mut buf).unwrap();
        file.check().unwrap();
        assert_eq!(buf, [7; 60]);
        temp.as_file().set_len(50).unwrap();
        assert!(matches!(
            file.read_at(40, &mut buf),
            Err(ReadError::Changed)
        ));
        assert!(matches!(file.check(), Err(ReadError::Changed)));
    }
}
