//! One open file: on disk, a sample, or bundled; read at any position, never changing unnoticed.

use std::fs::{File, Metadata};
use std::io;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lanes_shared::sample::Sample;

use super::pread;

/// Chooses the bytes of all samples. It must never change, or digests written down would not fit.
pub(crate) const SAMPLE_SEED: u64 = 5115;

/// What tells one version of a file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FileVersion {
    /// Length in bytes.
    pub len: u64,
    /// Modification time in seconds since 1970; 0 when the file has none.
    pub modified_secs: i64,
    /// Nanoseconds of the modification time, below 10^9.
    pub modified_nanos: u32,
}

impl FileVersion {
    /// The version of a file that never changes.
    pub fn fixed(len: u64) -> Self {
        Self {
            len,
            modified_secs: 0,
            modified_nanos: 0,
        }
    }

    /// The version of a file on disk.
    pub fn of(metadata: &Metadata) -> Self {
        Self::new(metadata.len(), metadata.modified().ok())
    }

    /// The version of a file beneath the root.
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

    /// When the file was changed last; `None` for one that never is. Before 1970 counts as 1970.
    pub fn modified(&self) -> Option<SystemTime> {
        let is_fixed = self.modified_secs == 0 && self.modified_nanos == 0;
        let since = Duration::new(
            self.modified_secs.try_into().unwrap_or(0),
            self.modified_nanos,
        );
        (!is_fixed).then(|| UNIX_EPOCH.checked_add(since))?
    }
}

/// Seconds (negative before 1970) and nanoseconds (never negative) of a time; zero for none.
pub(crate) fn unix_time(time: Option<SystemTime>) -> (i64, u32) {
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

/// Why bytes of an open file cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// It is not the file any more that was opened.
    #[error("the file changed while it was being sent")]
    Changed,
    /// The disk says no.
    #[error("cannot read the file: {0}")]
    Io(#[from] io::Error),
}

enum Bytes {
    Disk(File),
    Sample(Arc<Sample>),
    Bundled(&'static [u8]),
}

/// An open file.
pub(crate) struct OpenFile {
    name: String,
    version: FileVersion,
    bytes: Bytes,
}

impl OpenFile {
    /// An open file on disk, which is so now.
    pub fn disk(name: &str, file: File, metadata: &Metadata) -> Self {
        Self {
            name: name.to_owned(),
            version: FileVersion::of(metadata),
            bytes: Bytes::Disk(file),
        }
    }

    /// A sample of `len` bytes.
    pub fn sample(name: &str, len: u64, sample: Arc<Sample>) -> Self {
        Self {
            name: name.to_owned(),
            version: FileVersion::fixed(len),
            bytes: Bytes::Sample(sample),
        }
    }

    /// A bundled file.
    pub fn bundled(name: &str, bytes: &'static [u8]) -> Self {
        Self {
            name: name.to_owned(),
            version: FileVersion::fixed(bytes.len() as u64),
            bytes: Bytes::Bundled(bytes),
        }
    }

    /// Its name in the catalogue.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it was when it was opened.
    pub fn version(&self) -> FileVersion {
        self.version
    }

    /// What tells this version from every other one of the same name: a part of an entity tag.
    pub fn version_id(&self) -> String {
        let FileVersion {
            len,
            modified_secs,
            modified_nanos,
        } = self.version;
        match &self.bytes {
            Bytes::Disk(_) => format!("{len:x}-{modified_secs:x}-{modified_nanos:x}"),
            Bytes::Sample(_) => format!("sample-{SAMPLE_SEED}-{len:x}"),
            // They change with the program only.
            Bytes::Bundled(_) => format!("{}-{len:x}", env!("CARGO_PKG_VERSION")),
        }
    }

    /// Whether each read is a call into the system, so that small ones are worth gathering.
    pub fn is_on_disk(&self) -> bool {
        matches!(self.bytes, Bytes::Disk(_))
    }

    /// Fills `buf` with the bytes from `offset` on; both must lie inside the file.
    ///
    /// # Errors
    /// When the file has become shorter, or cannot be read.
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
        match &self.bytes {
            Bytes::Disk(file) => read_exact_at(file, offset, buf),
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

    /// Checks that the file is still the one that was opened. Asked *after* a read and before its
    /// bytes are sent, it guarantees that they belong to that version (as finely as the file
    /// system tells times).
    ///
    /// # Errors
    /// When it has changed, or the system does not say.
    pub fn check(&self) -> Result<(), ReadError> {
        match &self.bytes {
            Bytes::Disk(file) if FileVersion::of(&file.metadata()?) != self.version => {
                Err(ReadError::Changed)
            }
            _ => Ok(()),
        }
    }
}

fn read_exact_at(file: &File, offset: u64, buf: &mut [u8]) -> Result<(), ReadError> {
    let mut done = 0;
    while done < buf.len() {
        match pread::read_at(file, &mut buf[done..], offset + done as u64) {
            Ok(0) => return Err(ReadError::Changed),
            Ok(more) => done += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_1970_count_backwards() {
        let before = UNIX_EPOCH - Duration::from_millis(1500);
        assert_eq!(unix_time(Some(before)), (-2, 500_000_000));
        assert_eq!(
            unix_time(Some(UNIX_EPOCH - Duration::from_secs(3))),
            (-3, 0)
        );
        assert_eq!(
            unix_time(Some(UNIX_EPOCH + Duration::from_nanos(7))),
            (0, 7)
        );
        assert_eq!(unix_time(None), (0, 0));
    }

    #[test]
    fn a_file_cut_short_is_noticed() {
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
