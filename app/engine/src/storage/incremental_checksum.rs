//! A checksum of bytes that arrive in order, of any kind that a user may give.

use md5::Md5;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use sha2::{Digest as _, Sha256, Sha512};

use crate::model::checksum::Checksum;

/// A checksum of bytes that arrive in order.
#[derive(Clone)]
pub(crate) enum IncrementalChecksum {
    Md5(Md5),
    Sha1(Context),
    Sha256(Sha256),
    Sha512(Sha512),
    Blake3(Box<blake3::Hasher>),
}

impl IncrementalChecksum {
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
