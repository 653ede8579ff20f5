//! Reads written bytes back and compares their checksum.

use std::io;
use std::ops::Range;

use super::incremental_checksum::IncrementalChecksum;
use super::part_file::PartFile;
use crate::model::checksum::Checksum;

/// Length of a read in bytes.
const BUFFER_LEN: usize = 1 << 20;

/// Compares ranges of a part file with checksums.
pub(crate) struct RangeVerifier<'a> {
    file: &'a PartFile,
    buf: Vec<u8>,
}

impl<'a> RangeVerifier<'a> {
    pub fn new(file: &'a PartFile) -> Self {
        let buf = vec![0; BUFFER_LEN];
        Self { file, buf }
    }

    /// Returns whether `bytes` of the file have the checksum `expected`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn matches(&mut self, bytes: &Range<u64>, expected: &Checksum) -> io::Result<bool> {
        let mut running = IncrementalChecksum::new(expected);
        self.read(bytes, |piece| running.update(piece))?;
        Ok(running.matches(expected))
    }

    fn read(&mut self, bytes: &Range<u64>, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        let mut at = bytes.start;
        while at < bytes.end {
            let len = (bytes.end - at).min(self.buf.len() as u64) as usize;
            self.file.read_at(at, &mut self.buf[..len])?;
            take(&self.buf[..len]);
            at += len as u64;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_digests_match_a_range_of_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let file = PartFile::create(&dir.path().join("x.part"), Some(9)).unwrap();
        file.prepare().unwrap();
        file.write_at(3, b"abc").unwrap();
        let mut hasher = RangeVerifier::new(&file);
        // The examples of RFC 1321 and FIPS 180-4, and BLAKE3 of the same text.
        for text in [
            "md5:900150983cd24fb0d6963f7d28e17f72",
            "sha-1:a9993e364706816aba3e25717850c26c9cd0d89d",
            "sha-256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            "sha-512:ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
            "blake3:6437b3ac38465133ffb63b75273a8db548c558465d79db03fd359c6cd5bd9d85",
        ] {
            let expected: Checksum = text.parse().unwrap();
            assert!(hasher.matches(&(3..6), &expected).unwrap(), "{text}");
            assert!(!hasher.matches(&(3..7), &expected).unwrap(), "{text}");
        }
    }
}
