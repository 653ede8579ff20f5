//! The journal of a part file, from which a later attempt resumes.
//!
//! A journal never claims bytes that a crash could lose: it is written only after they were flushed. It
//! names the part file that it belongs to by device and inode, so that it says nothing about another file
//! of that name. `journal_file` writes, seals and reads it.

use lanes_shared::checksum::Digest;
use serde::{Deserialize, Serialize};

use super::file_identity::FileIdentity;
use super::packet_bitmap::SavedBitmap;
use crate::model::resource_info::{ResourceInfo, Version};

/// Version of the journal format. Versions up to 2 had no code, so anybody can have written them.
const VERSION: u32 = 3;

/// The part file that a journal belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PartRecord {
    pub identity: FileIdentity,
    /// User id of its owner, as the file system reports it.
    pub owner: u32,
    /// Write permissions of others that the file system does not take away.
    pub open_mode: u32,
    /// Permissions of the finished file.
    pub final_mode: u32,
}

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
    /// The part file.
    pub part: PartRecord,
    /// Set once the file is complete and verified, and only its final name is missing.
    pub is_verified: bool,
    /// Name of the empty file that holds the final name for a moment, on file systems that need one.
    pub placeholder: Option<String>,
    /// The received packets.
    pub packets: SavedBitmap,
}

impl Journal {
    pub fn new(
        source: String,
        info: &ResourceInfo,
        part: PartRecord,
        packets: SavedBitmap,
    ) -> Self {
        Self {
            version: VERSION,
            source,
            len: info.len,
            packet_len: info.packet_len,
            file_version: info.version.clone(),
            digest: info.digest.map(|digest| digest.to_string()),
            promises_digest: info.promises_digest,
            process: std::process::id(),
            part,
            is_verified: false,
            placeholder: None,
            packets,
        }
    }

    /// Records that the file is complete and verified.
    pub fn into_verified(mut self) -> Self {
        self.is_verified = true;
        self
    }

    /// Records the empty file that is about to hold the final name.
    pub fn with_placeholder(mut self, name: String) -> Self {
        self.placeholder = Some(name);
        self
    }

    /// Parses a journal. `None` if it is damaged or of another version.
    pub fn parse(json: &[u8]) -> Option<Self> {
        let journal: Self = serde_json::from_slice(json).ok()?;
        (journal.version == VERSION).then_some(journal)
    }

    /// Returns whether `json` begins as the journals of the versions without a code did.
    pub fn is_earlier_version(json: &[u8]) -> bool {
        let begins =
            |version: u32| json.starts_with(format!("{{\"version\":{version},").as_bytes());
        (1..VERSION).any(begins)
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
}

#[cfg(test)]
pub(super) mod tests {
    use lanes_shared::packet::PacketPlan;
    use proptest::prelude::*;

    use super::*;
    use crate::storage::packet_bitmap::PacketBitmap;

    /// Returns a journal of a file of `len` bytes, for a part file that does not exist.
    pub fn journal(len: u64, runs: Vec<(u64, u64)>) -> Journal {
        let info = ResourceInfo {
            len,
            packet_len: 128,
            version: Version::Modified(-5, 7),
            digest: Some(Digest([9; 32])),
            promises_digest: true,
            checksum: None,
            name: None,
        };
        let part = PartRecord {
            identity: FileIdentity::at(std::path::Path::new(".")).unwrap(),
            owner: 0,
            open_mode: 0,
            final_mode: 0o644,
        };
        let source = "lanes://h:1/x".into();
        Journal::new(source, &info, part, SavedBitmap::Runs(runs))
    }

    #[test]
    fn only_the_present_version_is_parsed() {
        let json = serde_json::to_string(&journal(10, vec![(0, 1)])).unwrap();
        assert!(Journal::parse(json.as_bytes()).is_some());
        assert!(!Journal::is_earlier_version(json.as_bytes()));
        for version in [1, 2] {
            let earlier = json.replace("\"version\":3", &format!("\"version\":{version}"));
            assert_eq!(Journal::parse(earlier.as_bytes()), None);
            assert!(Journal::is_earlier_version(earlier.as_bytes()));
        }
        for wrong in [&json[..json.len() / 2], "", "{}"] {
            assert_eq!(Journal::parse(wrong.as_bytes()), None, "{wrong}");
            assert!(wrong.len() > 9 || !Journal::is_earlier_version(wrong.as_bytes()));
        }
    }

    proptest! {
        /// With any byte changed, a journal is rejected, or has no packets beyond the file.
        #[test]
        fn a_damaged_journal_claims_no_packets_beyond_the_file(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = serde_json::to_vec(&journal(1000, vec![(0, 1), (3, 8)])).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            let Some(read) = Journal::parse(&bytes) else { return Ok(()) };
            let Ok(plan) = PacketPlan::new(read.len, read.packet_len) else { return Ok(()) };
            let bitmap = PacketBitmap::new(plan.count());
            if bitmap.load(&read.packets) {
                let missing = bitmap.missing(0..u64::MAX);
                prop_assert!(missing.iter().all(|run| run.end <= plan.count()));
            }
        }
    }
}
