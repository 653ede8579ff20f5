//! A digest that a file is expected to have.

use std::fmt;
use std::str::FromStr;

use lanes_shared::checksum::Digest;

/// An expected digest of a file, or of a piece of it.
///
/// # Examples
/// ```
/// use lanes_engine::Checksum;
///
/// let hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
/// let checksum: Checksum = format!("sha-256:{hex}").parse()?;
/// assert_eq!(checksum.name(), "SHA-256");
///
/// let error = "crc32:00000000".parse::<Checksum>().unwrap_err();
/// assert!(error.to_string().starts_with("unsupported digest `crc32`"));
/// # Ok::<(), lanes_engine::ChecksumError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checksum {
    /// MD5. Detects transmission errors, but no forgery.
    Md5([u8; 16]),
    /// SHA-1. Detects transmission errors, but no forgery.
    Sha1([u8; 20]),
    /// SHA-256.
    Sha256([u8; 32]),
    /// SHA-512.
    Sha512(Box<[u8; 64]>),
    /// BLAKE3.
    Blake3(Digest),
}

/// Error in the text of a checksum.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChecksumError {
    /// The text has no name of a digest before a colon.
    #[error(
        "invalid checksum `{0}`: write sha-256:HEX, sha-512:HEX, blake3:HEX, sha-1:HEX or md5:HEX"
    )]
    Syntax(String),
    /// Lanes does not compute this digest.
    #[error("unsupported digest `{0}`: use sha-256, sha-512, blake3, sha-1 or md5")]
    Unsupported(String),
    /// The digest has another length, or other characters than hexadecimal digits.
    #[error("invalid {name} digest: expected {digits} hexadecimal digits")]
    Hex {
        /// Name of the digest.
        name: &'static str,
        /// Number of hexadecimal digits of such a digest.
        digits: usize,
    },
}

impl Checksum {
    /// Returns the relative strength of the digest: the greater, the more it proves.
    pub fn strength(&self) -> u8 {
        match self {
            Self::Md5(_) => 0,
            Self::Sha1(_) => 1,
            Self::Sha256(_) | Self::Blake3(_) => 2,
            Self::Sha512(_) => 3,
        }
    }

    /// Returns the name of the algorithm.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Md5(_) => "MD5",
            Self::Sha1(_) => "SHA-1",
            Self::Sha256(_) => "SHA-256",
            Self::Sha512(_) => "SHA-512",
            Self::Blake3(_) => "BLAKE3",
        }
    }
}

impl FromStr for Checksum {
    type Err = ChecksumError;

    /// Parses `NAME:HEX`, such as `sha-256:ba7816bf…`.
    fn from_str(text: &str) -> Result<Self, ChecksumError> {
        let (name, hex) = text
            .split_once(':')
            .ok_or_else(|| ChecksumError::Syntax(text.to_owned()))?;
        match name.to_ascii_lowercase().as_str() {
            "sha-256" | "sha256" => bytes(hex, "SHA-256").map(Self::Sha256),
            "blake3" => bytes(hex, "BLAKE3").map(Digest).map(Self::Blake3),
            "sha-512" | "sha512" => sha512(hex).map(Self::Sha512),
            "sha-1" | "sha1" => bytes(hex, "SHA-1").map(Self::Sha1),
            "md5" | "md-5" => bytes(hex, "MD5").map(Self::Md5),
            _ => Err(ChecksumError::Unsupported(name.to_owned())),
        }
    }
}

impl fmt::Display for Checksum {
    /// Writes `NAME:HEX`, which can be parsed again.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, bytes) = match self {
            Self::Md5(bytes) => ("md5", &bytes[..]),
            Self::Sha1(bytes) => ("sha-1", &bytes[..]),
            Self::Sha256(bytes) => ("sha-256", &bytes[..]),
            Self::Sha512(bytes) => ("sha-512", &bytes[..]),
            Self::Blake3(digest) => ("blake3", &digest.0[..]),
        };
        write!(f, "{name}:")?;
        bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

fn sha512(hex: &str) -> Result<Box<[u8; 64]>, ChecksumError> {
    let halves = hex.split_at_checked(64);
    let parsed = halves.and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    let (Digest(first), Digest(second)) = parsed.ok_or(ChecksumError::Hex {
        name: "SHA-512",
        digits: 128,
    })?;
    let mut bytes = Box::new([0; 64]);
    bytes[..32].copy_from_slice(&first);
    bytes[32..].copy_from_slice(&second);
    Ok(bytes)
}

/// Parses a digest of `LEN` bytes, at most 32: as a [`Digest`], padded with zeros.
fn bytes<const LEN: usize>(hex: &str, name: &'static str) -> Result<[u8; LEN], ChecksumError> {
    let digits = 2 * LEN;
    let padded = (hex.len() == digits).then(|| format!("{hex:0<64}"));
    let parsed = padded.and_then(|hex| hex.parse().ok());
    let Digest(padded) = parsed.ok_or(ChecksumError::Hex { name, digits })?;
    let mut bytes = [0; LEN];
    bytes.copy_from_slice(&padded[..LEN]);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_parsed_by_their_name() {
        let hex = "00".repeat(32);
        assert_eq!(
            format!("sha-256:{hex}").parse(),
            Ok(Checksum::Sha256([0; 32]))
        );
        assert_eq!(
            format!("BLAKE3:{hex}").parse(),
            Ok(Checksum::Blake3(Digest([0; 32])))
        );
        assert_eq!(
            format!("SHA-512:{hex}{hex}").parse(),
            Ok(Checksum::Sha512(Box::new([0; 64])))
        );
        assert_eq!(
            format!("sha-1:{}", &hex[..40]).parse(),
            Ok(Checksum::Sha1([0; 20]))
        );
        assert_eq!(
            format!("md5:{}", &hex[..32]).parse(),
            Ok(Checksum::Md5([0; 16]))
        );
        for wrong in [
            "",
            "sha-512:00",
            "md5:00",
            "md4:00",
            "sha-256:12",
            "sha-1:zz",
            &hex,
        ] {
            assert!(wrong.parse::<Checksum>().is_err(), "{wrong}");
        }
    }
}
