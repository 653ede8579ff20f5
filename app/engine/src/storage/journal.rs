//! The journal of a part file, from which a later attempt resumes.
//!
//! It is replaced as a whole (written beside, then renamed), and only after the bytes that it claims were
//! flushed. So it never claims bytes that a crash could lose. On a full disk, the new journal overwrites
//! the old one in place: the bytes received since must not be lost because the disk has no room for a
//! second journal.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use lanes_shared::checksum::Digest;
use serde::{Deserialize, Serialize};

use super::packet_bitmap::SavedBitmap;
use crate::model::resource_info::{ResourceInfo, Version};

/// Version of the journal format.
const VERSION: u32 = 2;
/// Longest journal that is read, in bytes: the bitmap of the most packets that a file may have.
const MAX_LEN: u64 = 512 * 1024 * 1024;

/// The state of an unfinished download.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Journal {
    version: u32,
    /// URL of the source.
    pub source: String,
    /// Length of the file in bytes.
    pub len: u64,
    /// Length of a packet in bytes.
    pub packet_len: u32,
    /// Version of the file.
    file_version: Version,
    /// Digest that the source reported, in hexadecimal.
    digest: Option<String>,
    /// Set if the source reports the digest sooner or later.
    promises_digest: bool,
    /// Id of the process that wrote it.
    pub process: u32,
    /// The received packets.
    pub packets: SavedBitmap,
}

impl Journal {
    pub fn new(source: String, info: &ResourceInfo, packets: SavedBitmap) -> Self {
        Self {
            version: VERSION,
            source,
            len: info.len,
            packet_len: info.packet_len,
            file_version: info.version.clone(),
            digest: info.digest.map(|digest| digest.to_string()),
            promises_digest: info.promises_digest,
            process: std::process::id(),
            packets,
        }
    }

    /// Returns the metadata that the source reported when the download started.
    pub fn resource_info(&self) -> ResourceInfo {
        ResourceInfo {
            len: self.len,
            packet_len: self.packet_len,
            version: self.file_version.clone(),
            digest: self
                .digest
                .as_ref()
                .and_then(|hex| hex.parse::<Digest>().ok()),
            promises_digest: self.promises_digest,
            checksum: None,
            name: None,
        }
    }

    /// Returns whether this process wrote it.
    pub fn is_own_process(&self) -> bool {
        self.process == std::process::id()
    }

    /// Reads the journal at `path`. `None` if it does not exist or is damaged.
    pub fn read(path: &Path) -> Option<Self> {
        if fs::metadata(path).ok()?.len() > MAX_LEN {
            return None;
        }
        let journal: Self = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        (journal.version == VERSION).then_some(journal)
    }

    /// Replaces the journal at `path`. With `flush`, waits until the new one is on the disk first.
    ///
    /// # Errors
    /// Those of a write.
    pub fn write(&self, path: &Path, flush: bool) -> io::Result<()> {
        let bytes = serde_json::to_vec(self)?;
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let written = replace(Path::new(&beside), path, &bytes, flush);
        if let Err(error) = &written {
            // A partial journal is useless, and takes space on a disk that may be full.
            let _ = fs::remove_file(&beside);
            if error.kind() == io::ErrorKind::StorageFull {
                return overwrite(path, &bytes);
            }
        }
        written
    }
}

fn replace(beside: &Path, path: &Path, bytes: &[u8], flush: bool) -> io::Result<()> {
    let mut file = fs::File::create(beside)?;
    file.write_all(bytes)?;
    if flush {
        file.sync_data()?;
    }
    drop(file);
    fs::rename(beside, path)
}

/// Overwrites the journal in place, which needs no further blocks on a full disk. A crash during this
/// write loses the journal; without it, all bytes received since the last journal would be lost.
fn overwrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    /// Smallest allocation unit of file systems, in bytes.
    const BLOCK: usize = 4096;
    let old = fs::read(path)?;
    if bytes.len() > old.len().next_multiple_of(BLOCK) {
        return Err(io::ErrorKind::StorageFull.into());
    }
    let write = |bytes: &[u8]| {
        let mut file = fs::OpenOptions::new().write(true).open(path)?;
        file.write_all(bytes)?;
        file.set_len(bytes.len() as u64)
    };
    write(bytes).or_else(|error| write(&old).and(Err(error)))
}

#[cfg(test)]
mod tests {
    use lanes_shared::packet::PacketPlan;
    use proptest::prelude::*;

    use super::*;
    use crate::storage::packet_bitmap::PacketBitmap;

    fn facts(len: u64) -> ResourceInfo {
        ResourceInfo {
            len,
            packet_len: 128,
            version: Version::Modified(-5, 7),
            digest: Some(Digest([9; 32])),
            promises_digest: true,
            checksum: None,
            name: None,
        }
    }

    #[test]
    fn a_written_journal_is_read_and_a_damaged_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.lanes");
        let info = facts(10);
        let journal = Journal::new(
            "lanes://h:1/x".into(),
            &info,
            SavedBitmap::Runs(vec![(0, 1)]),
        );
        journal.write(&path, true).unwrap();
        assert_eq!(Journal::read(&path), Some(journal.clone()));
        assert_eq!(journal.resource_info(), info);

        let text = fs::read_to_string(&path).unwrap();
        for wrong in [
            &text[..text.len() / 2],
            "",
            "{}",
            &text.replace("\"version\":2", "\"version\":3"),
        ] {
            fs::write(&path, wrong).unwrap();
            assert_eq!(Journal::read(&path), None, "{wrong}");
        }
    }

    proptest! {
        /// With any byte changed, a journal is rejected, or has no packets beyond the file.
        #[test]
        fn a_damaged_journal_claims_no_packets_beyond_the_file(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let info = facts(1000);
            let runs = SavedBitmap::Runs(vec![(0, 1), (3, 8)]);
            let journal = Journal::new("lanes://h:1/x".into(), &info, runs);
            let mut bytes = serde_json::to_vec(&journal).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let Ok(read) = serde_json::from_slice::<Journal>(&bytes) else { return Ok(()) };
            let Ok(plan) = PacketPlan::new(read.len, read.packet_len) else { return Ok(()) };
            let bitmap = PacketBitmap::new(plan.count());
            if bitmap.load(&read.packets) {
                let missing = bitmap.missing(0..u64::MAX);
                prop_assert!(missing.iter().all(|run| run.end <= plan.count()));
            }
        }
    }
}
