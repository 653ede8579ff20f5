//! The id of a download in RPC calls.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher as _, Hasher as _};
use std::num::NonZeroU64;

use lanes_engine::LastingId;

/// An id of 16 hexadecimal digits, never 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Gid(u64);

impl Gid {
    /// Returns a random id. It need not be secret, so the seed of the standard hasher suffices.
    pub(crate) fn random() -> Self {
        let number = RandomState::new().build_hasher().finish();
        Self(number.max(1))
    }

    /// Returns the id of a download of the engine.
    pub(crate) fn of_lasting(id: LastingId) -> Self {
        Self(id.0.get())
    }

    /// Returns the id for a download of the engine.
    pub(crate) fn to_lasting(self) -> LastingId {
        // It is never 0.
        LastingId(NonZeroU64::new(self.0).unwrap_or(NonZeroU64::MIN))
    }

    /// Parses an id of exactly 16 digits.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_hex = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = u64::from_str_radix(text, 16).ok().filter(|_| is_hex)?;
        (number != 0).then_some(Self(number))
    }
}

impl fmt::Display for Gid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// Finds the id that `text` abbreviates among `known`. aria2 accepts any unique beginning of an id.
///
/// # Errors
/// See [`GidError`].
pub(crate) fn find(text: &str, known: impl Iterator<Item = Gid>) -> Result<Gid, GidError> {
    let is_hex =
        !text.is_empty() && text.len() <= 16 && text.bytes().all(|b| b.is_ascii_hexdigit());
    if !is_hex {
        return Err(GidError::Invalid(text.chars().take(32).collect()));
    }
    let text = text.to_ascii_lowercase();
    let mut found = None;
    if text.len() == 16 {
        let wanted = Gid::parse(&text);
        found = known.into_iter().find(|gid| Some(*gid) == wanted);
    } else {
        for gid in known.filter(|gid| gid.to_string().starts_with(&text)) {
            if found.replace(gid).is_some() {
                return Err(GidError::NotUnique(text));
            }
        }
    }
    found.ok_or(GidError::NotFound(text))
}

/// Reason why an id names no download. The texts are those of aria2, which clients show and compare.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GidError {
    /// It is not hexadecimal, or too long.
    #[error("Invalid GID {0}")]
    Invalid(String),
    /// Several downloads have ids that begin so.
    #[error("GID {0} is not unique")]
    NotUnique(String),
    /// No download has this id.
    #[error("GID {0} is not found")]
    NotFound(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_found_by_any_unique_beginning() {
        let known = ["00000000000000ab", "00000000000000cd", "2089b05ecca3d829"];
        let known = known.map(|text| Gid::parse(text).unwrap());
        let find = |text: &str| find(text, known.iter().copied());
        assert_eq!(find("2089B0").unwrap().to_string(), "2089b05ecca3d829");
        assert_eq!(find("00000000000000cd"), Ok(known[1]));
        assert_eq!(find("0").unwrap_err().to_string(), "GID 0 is not unique");
        assert_eq!(find("3").unwrap_err().to_string(), "GID 3 is not found");
        for wrong in ["", "x", "-1", "00000000000000000"] {
            assert!(matches!(find(wrong), Err(GidError::Invalid(_))), "{wrong}");
        }
        assert_eq!(Gid::parse("0000000000000000"), None);
        assert_ne!(Gid::random(), Gid::random());
    }
}
