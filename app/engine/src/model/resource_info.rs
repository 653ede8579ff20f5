//! Metadata of a file at its source, whatever the protocol.

use std::time::{Duration, SystemTime};

use lanes_shared::checksum::Digest;
use lanes_shared::wire::Opened;
use serde::{Deserialize, Serialize};

use super::checksum::Checksum;
use super::last_modified_date;

/// The metadata of a file, as its source reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ResourceInfo {
    /// Length in bytes.
    pub len: u64,
    /// Length of a packet in bytes: the unit that is fetched again when a connection is lost.
    pub packet_len: u32,
    /// Version of the file.
    pub version: Version,
    /// BLAKE3 digest of the file, if the source has reported it.
    pub digest: Option<Digest>,
    /// Set if the source reports the digest sooner or later.
    pub promises_digest: bool,
    /// Another digest of the whole file that the source reported.
    pub checksum: Option<Checksum>,
    /// Name that the source gives the file, if it differs from that in the URL.
    pub name: Option<String>,
}

/// The version of a file. Ranges of different versions must not be mixed.
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
    /// Returns whether `now` is the same version as this one, as far as the validators tell.
    ///
    /// An equal strong `ETag` decides: the dates of the nodes of a cluster differ for the same bytes.
    /// Otherwise at least one validator must be confirmed and none may differ; a server may omit the
    /// other one. Validators that appear or vanish are another version: the file may have been replaced
    /// through another program.
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
        if etag == etag_now && etag.as_deref().is_some_and(is_strong) {
            return true;
        }
        let (etag, etag_now) = (
            etag.as_deref().map(strip_weak),
            etag_now.as_deref().map(strip_weak),
        );
        let (last_modified, last_modified_now) =
            (last_modified.as_deref(), last_modified_now.as_deref());
        let pairs = [(etag, etag_now), (last_modified, last_modified_now)];
        let differs = pairs
            .iter()
            .any(|(then, now)| matches!((then, now), (Some(then), Some(now)) if then != now));
        let known = pairs
            .iter()
            .any(|(then, now)| then.is_some() || now.is_some());
        let confirmed = pairs
            .iter()
            .any(|(then, now)| then.is_some() && then == now);
        !differs && (confirmed || !known)
    }

    /// Returns whether both have the same `Last-Modified`.
    pub fn has_same_date(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Validators { last_modified, .. },
                Self::Validators {
                    last_modified: other,
                    ..
                },
            ) => last_modified.is_some() && last_modified == other,
            _ => self == other,
        }
    }

    /// Returns the validators as header fields. Empty for a Lanes server.
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

    /// Returns the time of the last change that the source reported.
    pub fn modified(&self) -> Option<SystemTime> {
        match self {
            Self::Modified(secs, nanos) => {
                let secs = u64::try_from(*secs).ok().filter(|secs| *secs != 0)?;
                let since_1970 = Duration::new(secs, (*nanos).min(999_999_999));
                SystemTime::UNIX_EPOCH.checked_add(since_1970)
            }
            Self::Validators { last_modified, .. } => {
                last_modified_date::parse(last_modified.as_deref()?)
            }
        }
    }

    /// Returns whether the source reported anything that identifies the version.
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

/// Returns whether an `ETag` is strong (RFC 9110, 8.8.1), so that equal ones mean equal bytes. An empty one
/// is no statement.
fn is_strong(etag: &str) -> bool {
    !etag.starts_with("W/") && !etag.trim_matches('"').is_empty()
}

/// Returns an `ETag` without its weakness prefix. Apache drops the prefix a second after the file was
/// written, so both forms name the same version.
fn strip_weak(etag: &str) -> &str {
    etag.strip_prefix("W/").unwrap_or(etag)
}

impl ResourceInfo {
    /// Returns whether `now` can be the same file in the same version. Bytes have to tell if this version is
    /// unknown.
    pub fn is_compatible_with(&self, now: &Self) -> bool {
        let digests = !matches!((self.digest, now.digest), (Some(then), Some(now)) if then != now);
        digests
            && self.len == now.len
            && self.packet_len == now.packet_len
            && (!self.version.is_known() || self.version.is_compatible_with(&now.version))
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
    fn the_time_of_the_last_change_is_that_of_the_source() {
        let at = |secs| Some(SystemTime::UNIX_EPOCH + Duration::from_secs(secs));
        let date = "Sun, 06 Nov 1994 08:49:37 GMT";
        assert_eq!(http("", date).modified(), at(784_111_777));
        assert_eq!(Version::Modified(7, 0).modified(), at(7));
        for unknown in [
            http("\"a\"", ""),
            http("", "yesterday"),
            Version::Modified(0, 5),
        ] {
            assert_eq!(unknown.modified(), None, "{unknown:?}");
        }
        assert_eq!(Version::Modified(-7, 0).modified(), None);
    }

    #[test]
    fn a_version_needs_one_equal_validator_and_no_different_one() {
        let first = http("\"a\"", "Mon");
        assert!(first.is_compatible_with(&first));
        assert!(first.is_compatible_with(&http("\"a\"", "")));
        assert!(first.is_compatible_with(&http("", "Mon")));
        let weak = http("W/\"a\"", "Mon");
        assert!(weak.is_compatible_with(&first) && first.is_compatible_with(&weak));
        assert!(!weak.is_compatible_with(&http("W/\"b\"", "Mon")));
        for other in [http("\"b\"", "Mon"), http("W/\"a\"", "Tue"), http("", "")] {
            assert!(!first.is_compatible_with(&other), "{other:?}");
        }
        assert!(
            first.is_compatible_with(&http("\"a\"", "Tue")),
            "an equal strong ETag decides"
        );
        assert!(!http("\"\"", "Mon").is_compatible_with(&http("\"\"", "Tue")));
        assert!(!weak.is_compatible_with(&http("W/\"a\"", "Tue")));
        assert!(first.has_same_date(&http("\"b\"", "Mon")));
        assert!(!http("", "").has_same_date(&http("", "")));
        assert!(
            http("", "").is_compatible_with(&http("", "")),
            "no validator to compare"
        );
        for appeared in [http("\"new\"", ""), http("W/\"new\"", ""), http("", "Mon")] {
            assert!(!http("", "").is_compatible_with(&appeared), "{appeared:?}");
        }
        assert!(!first.is_compatible_with(&Version::Modified(0, 0)));
    }
}
