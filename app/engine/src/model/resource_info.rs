//! What a source says of a file, whatever its protocol.

use lanes_shared::checksum::Digest;
use lanes_shared::wire::Opened;
use serde::{Deserialize, Serialize};

use super::checksum::Checksum;

/// What is known of a file before it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResourceInfo {
    /// Length in bytes.
    pub len: u64,
    /// Length of a packet in bytes: what is fetched again when a connection is lost in the middle.
    pub packet_len: u32,
    /// Which version of the file it is.
    pub version: Version,
    /// The file's BLAKE3 digest, when the source has said it.
    pub digest: Option<Digest>,
    /// Whether the source says the digest sooner or later.
    pub promises_digest: bool,
    /// Another digest that the source gave for the whole file.
    pub checksum: Option<Checksum>,
    /// The name the source gives the file, when it is not that of the link.
    pub name: Option<String>,
}

/// What tells one version of a file from another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Version {
    /// Modification time: seconds since 1970, and nanoseconds.
    Modified(i64, u32),
    /// The validators of an HTTP server (RFC 9110, 8.8), as it wrote them.
    Validators {
        /// `ETag`.
        etag: Option<String>,
        /// `Last-Modified`.
        last_modified: Option<String>,
    },
}

impl Version {
    /// Whether `now` is no other version than this one, as far as can be told. A validator that was
    /// there must stay; that a second one is left out is no contradiction.
    pub fn is_compatible_with(&self, now: &Self) -> bool {
        let (
            Self::Validators {
                etag,
                last_modified,
            },
            Self::Validators {
                etag: etag_now,
                last_modified: last_modified_now,
            },
        ) = (self, now)
        else {
            return self == now;
        };
        let (etag, etag_now) = (etag.as_deref().map(tag), etag_now.as_deref().map(tag));
        let (last_modified, last_modified_now) =
            (last_modified.as_deref(), last_modified_now.as_deref());
        let pairs = [(etag, etag_now), (last_modified, last_modified_now)];
        let differs = pairs
            .iter()
            .any(|(then, now)| matches!((then, now), (Some(then), Some(now)) if then != now));
        let known = pairs.iter().any(|(then, _)| then.is_some());
        let confirmed = pairs
            .iter()
            .any(|(then, now)| then.is_some() && then == now);
        !differs && (confirmed || !known)
    }

    /// The validators, by the names of their header fields; none for a Lanes server.
    pub fn header_fields(&self) -> Vec<(&'static str, String)> {
        let Self::Validators {
            etag,
            last_modified,
        } = self
        else {
            return Vec::new();
        };
        let pairs = [("ETag", etag), ("Last-Modified", last_modified)];
        let known = |(name, value): (&'static str, &Option<String>)| Some((name, value.clone()?));
        pairs.into_iter().filter_map(known).collect()
    }

    /// Whether the source gave anything to tell versions by.
    pub fn is_known(&self) -> bool {
        match self {
            Self::Modified(..) => true,
            Self::Validators {
                etag,
                last_modified,
            } => etag.is_some() || last_modified.is_some(),
        }
    }
}

/// An `ETag` without its sign of weakness: Apache's loses it a second after the file was written, and is
/// of the same file.
fn tag(etag: &str) -> &str {
    etag.strip_prefix("W/").unwrap_or(etag)
}

impl ResourceInfo {
    /// Whether `now` can be the same file in the same version.
    pub fn is_compatible_with(&self, now: &Self) -> bool {
        let digests = !matches!((self.digest, now.digest), (Some(then), Some(now)) if then != now);
        digests
            && self.len == now.len
            && self.packet_len == now.packet_len
            && self.version.is_compatible_with(&now.version)
    }
}

impl From<Opened> for ResourceInfo {
    fn from(opened: Opened) -> Self {
        Self {
            len: opened.len,
            packet_len: opened.packet_len,
            version: Version::Modified(opened.modified_secs, opened.modified_nanos),
            digest: opened.digest,
            promises_digest: true,
            checksum: None,
            name: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn http(etag: &str, last_modified: &str) -> Version {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        Version::Validators {
            etag: some(etag),
            last_modified: some(last_modified),
        }
    }

    #[test]
    fn a_version_stays_while_a_validator_says_so_and_none_denies_it() {
        let first = http("\"a\"", "Mon");
        assert!(first.is_compatible_with(&first));
        assert!(first.is_compatible_with(&http("\"a\"", "")));
        assert!(first.is_compatible_with(&http("", "Mon")));
        let young = http("W/\"a\"", "Mon");
        assert!(young.is_compatible_with(&first) && first.is_compatible_with(&young));
        assert!(!young.is_compatible_with(&http("W/\"b\"", "Mon")));
        for other in [http("\"b\"", "Mon"), http("\"a\"", "Tue"), http("", "")] {
            assert!(!first.is_compatible_with(&other), "{other:?}");
        }
        assert!(
            http("", "").is_compatible_with(&http("\"new\"", "")),
            "nothing to go by"
        );
        assert!(!first.is_compatible_with(&Version::Modified(0, 0)));
    }
}
