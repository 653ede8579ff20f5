//! Looks for checksums and signatures beside the file of a download, while it is being fetched.
//!
//! Each candidate takes one small request to the host of the URL. All of them are sent, so that a wrong
//! checksum is not missed because another one was found first.

use std::thread::{Builder, Scope};

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
        let found = search(url, &spec.http, &cancel);
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

/// Requests all candidates beside `url`, one after the other.
fn search(url: &HttpUrl, options: &HttpOptions, cancel: &CancelToken) -> FilesBeside {
    let name = url.file_name();
    let mut found = FilesBeside::default();
    if name.is_empty() {
        return found;
    }
    let fetch = |url: &HttpUrl, max_len: u64, found: &mut FilesBeside| {
        let read = match cancel.is_cancelled() {
            true => Ok(None),
            false => fetch_beside::fetch(url, options, cancel, max_len),
        };
        found.is_stopped |= cancel.is_cancelled();
        let reason = match read {
            // A line that is cut could be taken for that of another file.
            Ok(Some(bytes)) if bytes.len() as u64 > max_len => {
                format!("it is longer than {}", size::iec(max_len))
            }
            Ok(bytes) => return bytes,
            Err(error) => error.to_string(),
        };
        found.unread.push((url.file_name().into_owned(), reason));
        None
    };
    for (list, kind) in LISTS {
        let url = url.sibling(list);
        let text = fetch(&url, MAX_LIST, &mut found).unwrap_or_default();
        let checksums = checksum_lines::find(&text, &name, kind, true);
        if checksums.is_empty() {
            continue;
        }
        let named = checksums
            .into_iter()
            .map(|checksum| (list.to_owned(), checksum));
        found.checksums.extend(named);
        for ending in LIST_SIGNATURES {
            let bytes = fetch(&url.with_suffix(ending), MAX_SIGNATURE, &mut found);
            if bytes.is_some_and(|bytes| is_signature(&bytes)) {
                found.signatures.push(format!("{list}{ending}"));
            }
        }
    }
    for (ending, kind) in ENDINGS {
        let text = fetch(&url.with_suffix(ending), MAX_FILE, &mut found).unwrap_or_default();
        let checksums = checksum_lines::find(&text, &name, kind, false);
        let file = format!("{name}{ending}");
        found.checksums.extend(
            checksums
                .into_iter()
                .map(|checksum| (file.clone(), checksum)),
        );
    }
    for ending in SIGNATURES {
        let bytes = fetch(&url.with_suffix(ending), MAX_SIGNATURE, &mut found);
        if bytes.is_some_and(|bytes| is_signature(&bytes)) {
            found.signatures.push(format!("{name}{ending}"));
        }
    }
    found
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
