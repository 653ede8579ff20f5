//! A digest that the user expects a file to have.

use std::str::FromStr;

use lanes_shared::checksum::Digest;

/// A digest that the user expects the file to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checksum {
    /// MD5: finds what went wrong on the way, and no forgery.
    Md5([u8; 16]),
    /// SHA-1: finds what went wrong on the way, and no forgery.
    Sha1([u8; 20]),
    /// SHA-256.
    Sha256([u8; 32]),
    /// SHA-512.
    Sha512(Box<[u8; 64]>),
    /// BLAKE3.
    Blake3(Digest),
}

impl Checksum {
    /// How much it proves, as a measure to compare.
    pub fn strength(&self) -> u8 {
        match self {
            Self::Md5(_) => 0,
            Self::Sha1(_) => 1,
            Self::Sha256(_) | Self::Blake3(_) => 2,
            Self::Sha512(_) => 3,
        }
    }

    /// The algorithm's name.
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
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, hex) = text.split_once(':').ok_or_else(|| {
            format!(
                "`{text}` is no checksum: write sha-256:HEX, sha-512:HEX, blake3:HEX, sha-1:HEX or md5:HEX"
            )
        })?;
        // Two digests are 32 bytes long, so one reader serves; the others are made of such.
        let digest = || hex.parse::<Digest>().map_err(|error| format!("{error}"));
        match name.to_ascii_lowercase().as_str() {
            "sha-256" | "sha256" => Ok(Self::Sha256(digest()?.0)),
            "blake3" => Ok(Self::Blake3(digest()?)),
            "sha-512" | "sha512" => sha512(hex).map(Self::Sha512),
            "sha-1" | "sha1" => short(hex, "SHA-1").map(Self::Sha1),
            "md5" | "md-5" => short(hex, "MD5").map(Self::Md5),
            _ => Err(format!(
                "`{name}` is no digest that Lanes computes: use sha-256, sha-512, blake3, sha-1 or md5"
            )),
        }
    }
}

fn sha512(hex: &str) -> Result<Box<[u8; 64]>, String> {
    let halves = hex.split_at_checked(64);
    let parsed = halves.and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    let (Digest(first), Digest(second)) =
        parsed.ok_or("a SHA-512 digest has 128 hexadecimal digits")?;
    let mut bytes = Box::new([0; 64]);
    bytes[..32].copy_from_slice(&first);
    bytes[32..].copy_from_slice(&second);
    Ok(bytes)
}

/// A digest of at most 32 bytes.
fn short<const LEN: usize>(hex: &str, name: &str) -> Result<[u8; LEN], String> {
    let digits = 2 * LEN;
    let padded = (hex.len() == digits).then(|| format!("{hex:0<64}"));
    let parsed = padded.and_then(|hex| hex.parse().ok());
    let Digest(bytes) =
        parsed.ok_or_else(|| format!("a {name} digest has {digits} hexadecimal digits"))?;
    let mut short = [0; LEN];
    short.copy_from_slice(&bytes[..LEN]);
    Ok(short)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_read_with_their_name() {
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
