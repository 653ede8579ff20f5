//! Checksums and signatures that stand beside a file on its server.

use super::checksum::Checksum;

/// Names of the files that were found beside the file of a download.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamesBeside {
    /// Files whose checksums the file has.
    pub checksum_files: Vec<String>,
    /// Signatures, which were not checked.
    pub signatures: Vec<String>,
}

/// Files beside the file of a download, by their names in its folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct FilesBeside {
    /// Checksums of the file, each with the name of the file that holds it.
    pub checksums: Vec<(String, Checksum)>,
    /// Signatures of the file, or of a list of checksums.
    pub signatures: Vec<String>,
    /// Files that could not be read, each with the reason.
    pub unread: Vec<(String, String)>,
    /// Set if the search was stopped before its end.
    pub is_stopped: bool,
}

impl FilesBeside {
    /// Returns the names of the files, each once.
    pub fn names(&self) -> NamesBeside {
        let mut names: Vec<String> = self
            .checksums
            .iter()
            .map(|(name, _)| name.clone())
            .collect();
        names.dedup();
        NamesBeside {
            checksum_files: names,
            signatures: self.signatures.clone(),
        }
    }

    /// Returns the notices for a download whose file matches all checksums.
    pub fn notices(&self) -> Vec<String> {
        let mut notices: Vec<String> = self
            .unread
            .iter()
            .map(|(name, reason)| format!("{name} beside the file could not be read: {reason}"))
            .collect();
        match &self.checksums[..] {
            [] => notices.push("No checksum of the file stands beside it on the server".to_owned()),
            checksums => notices.extend(checksums.iter().map(|(name, checksum)| {
                format!(
                    "The file has the {} checksum in {name}, beside it on the server",
                    checksum.name()
                )
            })),
        }
        if !self.signatures.is_empty() {
            let names = self.signatures.join(", ");
            notices.push(format!("Signatures beside the file, not checked: {names}"));
        }
        notices
    }
}
