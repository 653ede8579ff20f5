//! The journal: what is known of a `.part` file, so that a download can go on later.
//!
//! It is replaced as a whole (written beside, then renamed), and only after the bytes that it
//! claims were flushed: what a journal says is there, is there.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use lanes_shared::checksum::Digest;
use serde::{Deserialize, Serialize};

use super::packet_bitmap::SavedBitmap;
use crate::model::resource_info::{ResourceInfo, Version};

/// The version of the journal's form.
const VERSION: u32 = 2;
/// The longest journal that is read, in bytes: the map of the most packets a file may have.
const MAX_LEN: u64 = 512 * 1024 * 1024;

/// What is known of a download that is not finished.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Journal {
    version: u32,
    /// The source as a link.
    pub source: String,
    /// Length of the file in bytes.
    pub len: u64,
    /// Length of a packet in bytes.
    pub packet_len: u32,
    /// Which version of the file it is.
    file_version: Version,
    /// The file's digest as the source gave it, in hexadecimal.
    digest: Option<String>,
    /// Whether the source says the digest sooner or later.
    promises_digest: bool,
    /// The process that writes it.
    pub process: u32,
    /// Which packets are there.
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

    /// What the source said when the download began.
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

    /// Whether this very process writes it.
    pub fn is_own_process(&self) -> bool {
        self.process == std::process::id()
    }

    /// Reads the journal at `path`; `None` when there is none, or none that can be trusted.
    pub fn read(path: &Path) -> Option<Self> {
        if fs::metadata(path).ok()?.len() > MAX_LEN {
            return None;
        }
        let journal: Self = serde_json::from_slice(&fs::read(path).ok()?).ok()?;
        (journal.version == VERSION).then_some(journal)
    }

    /// Replaces the journal at `path`; with `flush`, only once the disk has the new one.
    pub fn write(&self, path: &Path, flush: bool) -> io::Result<()> {
        let bytes = serde_json::to_vec(self)?;
        let mut beside = path.as_os_str().to_owned();
        beside.push(".new");
        let written = replace(Path::new(&beside), path, &bytes, flush);
        if let Err(error) = &written {
            // Half a journal is of no use, and takes room where there is none.
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

/// The last resort on a full disk: the room that the old journal takes is there. A crash in this very
/// moment would cost the journal, a full disk that nobody notices what came since it was written.
fn overwrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    /// File systems give room in pieces of at least this length, in bytes.
    const BLOCK: usize = 4096;
    let old = fs::read(path)?;
    if bytes.len() > old.len().next_multiple_of(BLOCK) {
        return Err(io::ErrorKind::StorageFull.into());
    }
    let put = |bytes: &[u8]| {
        let mut file = fs::OpenOptions::new().write(true).open(path)?;
        file.write_all(bytes)?;
        file.set_len(bytes.len() as u64)
    };
    put(bytes).or_else(|error| put(&old).and(Err(error)))
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
    fn a_journal_comes_back_and_garbage_does_not() {
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
        /// Whatever is changed in one that was right: read, or not, and never with packets that the
        /// file does not have.
        #[test]
        fn a_damaged_journal_claims_nothing_that_cannot_be(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let info = facts(1000);
            let runs = SavedBitmap::Runs(vec![(0, 1), (3, 8)]);
            let journal = Journal::new("lanes://h:1/x".into(), &info, runs);
            let mut bytes = serde_json::to_vec(&journal).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let Ok(read) = serde_json::from_slice::<Journal>(&bytes) else { return Ok(()) };
            let Ok(plan) = PacketPlan::new(read.len, read.packet_len) else { return Ok(()) };
            let map = PacketBitmap::new(plan.count());
            if map.load(&read.packets) {
                let missing = map.missing(0..u64::MAX);
                prop_assert!(missing.iter().all(|run| run.end <= plan.count()));
            }
        }
    }
}
