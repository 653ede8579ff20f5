//! Looks for checksums and signatures beside the file of a download, while it is being fetched.
//!
//! Each candidate takes one small request to the host of the URL. All of them are sent, so that a wrong
//! checksum is not missed because another one was found first.
//!
//! Signatures are named and not checked. That takes `OpenPGP`: pgp 0.21, without its default features, brings
//! 74 further crates, and 134 s of processor time to a release build (November 2026, 2 cores). Users who have
//! the key of a file have gpg too.

use std::collections::VecDeque;
use std::thread::{Builder, Scope};
use std::time::Duration;

use lanes_shared::size;

use crate::model::checksum_lines::{self, DigestKind};
use crate::model::files_beside::FilesBeside;
use crate::model::http_options::HttpOptions;
use crate::model::http_url::HttpUrl;
use crate::model::outcome::FetchError;
use crate::model::source_url::Source;
use crate::protocol::http::client::fetch_beside;
use crate::sync::cancel::CancelToken;
use crate::sync::nice::inherited;
use crate::transfer::shared::Transfer;

/// Longest list of checksums that is read, in bytes: some 10,000 files.
const MAX_LIST: u64 = 1 << 20;
/// Longest file with one checksum that is read, in bytes.
const MAX_FILE: u64 = 64 << 10;
/// Longest signature that is read, in bytes.
const MAX_SIGNATURE: u64 = 16 << 10;

/// Failures after which no further candidate is requested: the server may not answer at all.
const MAX_FAILURES: usize = 2;
/// Interval of the checks whether the file has its last byte.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Lists of checksums in the folder of the file.
const LISTS: [(&str, DigestKind); 2] = [
    ("SHA512SUMS", DigestKind::Sha512),
    ("SHA256SUMS", DigestKind::Sha256),
];
/// Endings of files with the checksum of one file.
const ENDINGS: [(&str, DigestKind); 4] = [
    (".sha512", DigestKind::Sha512),
    (".sha256", DigestKind::Sha256),
    (".blake3", DigestKind::Blake3),
    (".md5", DigestKind::Md5),
];
/// Endings of signatures of the file.
const SIGNATURES: [&str; 2] = [".asc", ".sig"];
/// Endings of signatures of a list; Debian and Ubuntu use the last two.
const LIST_SIGNATURES: [&str; 4] = [".asc", ".sig", ".sign", ".gpg"];

/// Refuses a search for a download that could not be compared with what is found.
///
/// # Errors
/// The output is a pipe or a device, and checksums are to be looked for.
pub(super) fn check(transfer: &Transfer) -> Result<(), FetchError> {
    match transfer.context.is_stream && transfer.context.spec.find_checksums {
        true => Err(FetchError::Failed(
            "a pipe or a device cannot be read back to compare it with checksums beside the file: save to a file, or give the checksum"
                .to_owned(),
        )),
        false => Ok(()),
    }
}

/// Starts the search on a thread of `scope`, if the specification asks for it. Cancelling the returned
/// token stops it.
pub(super) fn start<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    transfer: &'env Transfer,
) -> Option<CancelToken> {
    let spec = &transfer.context.spec;
    let Source::Http(url) = &spec.source else {
        return None;
    };
    if !spec.find_checksums {
        return None;
    }
    // The connections of the download are closed once the file is complete, and these are not.
    let cancel = transfer.cancel.child_token();
    let stop = cancel.clone();
    let work = move || {
        let found = search(url, transfer, &cancel);
        transfer.context.set_files_beside(found);
    };
    let thread = Builder::new().name("checksums".into());
    if let Err(error) = thread.spawn_scoped(scope, inherited(work)) {
        let unread = (
            "the checksums".to_owned(),
            format!("cannot start a thread: {error}"),
        );
        transfer.context.set_files_beside(FilesBeside {
            unread: vec![unread],
            ..FilesBeside::default()
        });
    }
    Some(stop)
}

/// A file that may stand beside the file of the download.
#[derive(Debug, Clone)]
struct Candidate {
    /// Its name in the folder of the file.
    name: String,
    url: HttpUrl,
    holds: Content,
}

/// The content that a candidate may have.
#[derive(Debug, Clone, Copy)]
enum Content {
    /// Checksums of many files.
    List(DigestKind),
    /// The checksum of the file.
    Checksum(DigestKind),
    Signature,
}

impl Candidate {
    /// Returns all candidates beside `url`, but for the signatures of lists.
    fn all(url: &HttpUrl) -> Vec<Self> {
        let lists = LISTS.map(|(name, kind)| Self {
            name: name.to_owned(),
            url: url.sibling(name),
            holds: Content::List(kind),
        });
        let own = url.file_name();
        let with = |suffix: &str, holds| Self {
            name: format!("{own}{suffix}"),
            url: url.with_suffix(suffix),
            holds,
        };
        let checksums = ENDINGS.map(|(suffix, kind)| with(suffix, Content::Checksum(kind)));
        let signatures = SIGNATURES.map(|suffix| with(suffix, Content::Signature));
        lists
            .into_iter()
            .chain(checksums)
            .chain(signatures)
            .collect()
    }

    /// Returns the signatures that may stand beside this list.
    fn signatures(&self) -> impl Iterator<Item = Self> {
        LIST_SIGNATURES.iter().map(|suffix| Self {
            name: format!("{}{suffix}", self.name),
            url: self.url.with_suffix(suffix),
            holds: Content::Signature,
        })
    }

    fn max_len(&self) -> u64 {
        match self.holds {
            Content::List(_) => MAX_LIST,
            Content::Checksum(_) => MAX_FILE,
            Content::Signature => MAX_SIGNATURE,
        }
    }
}

/// Requests candidates, one after the other.
struct Search<'a> {
    /// Name of the file of the download.
    file: String,
    options: &'a HttpOptions,
    cancel: &'a CancelToken,
    found: FilesBeside,
}

impl Search<'_> {
    /// Requests `candidates`, and the signatures of lists among them that have the file. Returns those that
    /// could not be read, each with the reason. After [`MAX_FAILURES`] it requests no more.
    fn ask(&mut self, candidates: Vec<Candidate>) -> Vec<(Candidate, String)> {
        let mut failed: Vec<(Candidate, String)> = Vec::new();
        let mut waiting = VecDeque::from(candidates);
        while let Some(candidate) = waiting.pop_front() {
            if self.cancel.is_cancelled() {
                break;
            }
            if failed.len() >= MAX_FAILURES {
                failed.push((candidate, "not asked for after other failures".to_owned()));
                continue;
            }
            let max_len = candidate.max_len();
            let read = fetch_beside::fetch(&candidate.url, self.options, self.cancel, max_len);
            let reason = match read {
                // A line that is cut could be taken for that of another file.
                Ok(Some(bytes)) if bytes.len() as u64 > max_len => {
                    format!("it is longer than {}", size::iec(max_len))
                }
                Ok(Some(bytes)) => {
                    if self.take(&candidate, &bytes) {
                        candidate
                            .signatures()
                            .for_each(|more| waiting.push_front(more));
                    }
                    continue;
                }
                Ok(None) => continue,
                Err(error) => error.to_string(),
            };
            failed.push((candidate, reason));
        }
        failed
    }

    /// Takes over what `candidate` holds of the file. Returns whether it is a list that has the file.
    fn take(&mut self, candidate: &Candidate, bytes: &[u8]) -> bool {
        let (kind, is_list) = match candidate.holds {
            Content::List(kind) => (kind, true),
            Content::Checksum(kind) => (kind, false),
            Content::Signature => {
                if is_signature(bytes) {
                    self.found.signatures.push(candidate.name.clone());
                }
                return false;
            }
        };
        let checksums = checksum_lines::find(bytes, &self.file, kind, is_list);
        let is_found = !checksums.is_empty();
        let named = checksums
            .into_iter()
            .map(|checksum| (candidate.name.clone(), checksum));
        self.found.checksums.extend(named);
        is_found && is_list
    }
}

/// Looks for all candidates beside `url`. Those that cannot be read are requested once more after the last
/// byte of the file: many servers serve few connections at once.
fn search(url: &HttpUrl, transfer: &Transfer, cancel: &CancelToken) -> FilesBeside {
    let mut search = Search {
        file: url.file_name().into_owned(),
        options: &transfer.context.spec.http,
        cancel,
        found: FilesBeside::default(),
    };
    if search.file.is_empty() {
        return search.found;
    }
    let mut failed = search.ask(Candidate::all(url));
    if !failed.is_empty() {
        while !transfer.scheduler.is_complete() && !cancel.sleep(POLL_INTERVAL) {}
        failed = search.ask(failed.into_iter().map(|(candidate, _)| candidate).collect());
    }
    let unread = failed
        .into_iter()
        .map(|(candidate, reason)| (candidate.name, reason));
    search.found.unread.extend(unread);
    search.found.is_stopped = cancel.is_cancelled();
    search.found
}

/// Returns whether bytes begin as a signature does: of `OpenPGP` (RFC 9580), with armor or without, of SSH or of
/// minisign.
fn is_signature(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii_start();
    let armors: [&[u8]; 4] = [
        b"-----BEGIN PGP SIGNATURE",
        b"-----BEGIN PGP SIGNED MESSAGE",
        b"-----BEGIN SSH SIGNATURE",
        b"untrusted comment:",
    ];
    let is_armored = armors.iter().any(|armor| text.starts_with(armor));
    // A packet of type 2, in the old format or the new one.
    is_armored || matches!(bytes, [0x88..=0x8b | 0xc2, _, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_told_from_pages() {
        for signature in [
            &b"-----BEGIN PGP SIGNATURE-----\n"[..],
            b"\n-----BEGIN SSH SIGNATURE-----",
            b"untrusted comment: signature from minisign secret key\n",
            b"\x89\x02\x33\x04",
            b"\xc2\xc1\x73\x04",
        ] {
            assert!(is_signature(signature), "{signature:?}");
        }
        for other in [
            &b""[..],
            b"<!DOCTYPE html>",
            b"\x89",
            b"PK\x03\x04",
            b"\x1f\x8b\x08",
        ] {
            assert!(!is_signature(other), "{other:?}");
        }
    }
}
