//! Reads written bytes back and compares their checksum.

use std::io;
use std::ops::Range;

use md5::Md5;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use sha2::{Digest as _, Sha256, Sha512};

use super::part_file::PartFile;
use crate::model::checksum::Checksum;

/// Length of a read in bytes.
const BUFFER_LEN: usize = 1 << 20;

/// Compares ranges of a part file with checksums.
pub(crate) struct ChecksumHasher<'a> {
    file: &'a PartFile,
    buf: Vec<u8>,
}

impl<'a> ChecksumHasher<'a> {
    pub fn new(file: &'a PartFile) -> Self {
        let buf = vec![0; BUFFER_LEN];
        Self { file, buf }
    }

    /// Returns whether `bytes` of the file have the checksum `expected`.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn matches(&mut self, bytes: &Range<u64>, expected: &Checksum) -> io::Result<bool> {
        let mut running = RunningChecksum::new(expected);
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

/// A checksum of bytes that arrive in order.
#[derive(Clone)]
pub(crate) enum RunningChecksum {
    Md5(Md5),
    Sha1(Context),
    Sha256(Sha256),
    Sha512(Sha512),
    Blake3(Box<blake3::Hasher>),
}

impl RunningChecksum {
    /// Begins a checksum of the same kind as `expected`.
    pub fn new(expected: &Checksum) -> Self {
        match expected {
            Checksum::Md5(_) => Self::Md5(Md5::new()),
            Checksum::Sha1(_) => Self::Sha1(Context::new(&SHA1_FOR_LEGACY_USE_ONLY)),
            Checksum::Sha256(_) => Self::Sha256(Sha256::new()),
            Checksum::Sha512(_) => Self::Sha512(Sha512::new()),
            Checksum::Blake3(_) => Self::Blake3(Box::default()),
        }
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Md5(hash) => hash.update(bytes),
            Self::Sha1(hash) => hash.update(bytes),
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha512(hash) => hash.update(bytes),
            Self::Blake3(hash) => {
                hash.update(bytes);
            }
        }
    }

    /// Returns whether the bytes have the checksum `expected`.
    pub fn matches(self, expected: &Checksum) -> bool {
        match (self, expected) {
            (Self::Md5(hash), Checksum::Md5(expected)) => hash.finalize()[..] == expected[..],
            (Self::Sha1(hash), Checksum::Sha1(expected)) => hash.finish().as_ref() == expected,
            (Self::Sha256(hash), Checksum::Sha256(expected)) => hash.finalize()[..] == expected[..],
            (Self::Sha512(hash), Checksum::Sha512(expected)) => hash.finalize()[..] == expected[..],
            (Self::Blake3(hash), Checksum::Blake3(expected)) => {
                *hash.finalize().as_bytes() == expected.0
            }
            _ => false,
        }
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
        let mut hasher = ChecksumHasher::new(&file);
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
