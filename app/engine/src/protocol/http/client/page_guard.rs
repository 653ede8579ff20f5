//! Recognizes web pages that a server or a portal sends in place of the file, with status 200 or 206.
//!
//! A page is suspected by its type, where a name, the expected length or an earlier response says that the
//! file is none. Since servers also send files with the type of a page, the content decides then.

use std::io::{self, Cursor, Read as _};

use super::body_decoder;
use super::body_reader::BodyReader;
use crate::model::http_url::HttpUrl;
use crate::protocol::http::parse::extension_kind::{ExtensionKind, extension_kind};
use crate::protocol::http::parse::page_content;
use crate::protocol::http::parse::response_check::{Content, ResponseInfo};
use crate::scheduling::file_hints::FileHints;
use crate::scheduling::mirror::Mirror;

/// Bytes of the content that are looked at.
const SAMPLE_LEN: usize = 512;
/// Fewest bytes that show that content is text, unless it is shorter.
const TEXT_LEN: usize = 32;

/// Returns whether the response from `url`, which `mirror` leads to, is a page in place of the file.
/// Records what the response says about the file if it is not.
pub(super) fn is_page(
    mirror: &Mirror,
    url: &HttpUrl,
    (content, info): (&Content, &ResponseInfo),
    body: &mut BodyReader,
) -> bool {
    let expected = &mirror.expected;
    // Static pages are served in ranges too, but only the first shows the content.
    let is_whole = match content {
        Content::Part(bytes) if bytes.start > 0 => return false,
        Content::Part(bytes) => info.len == Some(bytes.end),
        Content::Whole | Content::Coded(_) => true,
    };
    let is_in_wiki = mirror.url.path_and_query().contains("/wiki/");
    let names = [&*mirror.url.file_name(), &*url.file_name()];
    let names = Names::new(&names, expected.name(), is_in_wiki);
    let is_typed = info.is_page || (info.is_untyped && names.has_binary);
    let is_suspect = is_typed && is_unexpected(expected, &names, info.len);
    if is_suspect {
        // A body that cannot be read fails in the next read too.
        let Ok(beginning) = beginning(content, body) else {
            return false;
        };
        let is_empty = beginning.trim_ascii().is_empty();
        let is_in_place = match is_empty {
            true => info.is_page && (names.has_binary || is_other_len(expected, info.len)),
            false if info.is_untyped => page_content::is_whole_page(&beginning),
            false => is_page_content(&beginning, &names, is_whole),
        };
        if is_in_place {
            return true;
        }
    }
    expected.set_is_page(info.is_page && !is_suspect);
    false
}

/// Returns the first bytes of the content, without its codings.
fn beginning(content: &Content, body: &mut BodyReader) -> io::Result<Vec<u8>> {
    let received = body.peek(SAMPLE_LEN)?.to_vec();
    let Content::Coded(codings) = content else {
        return Ok(received);
    };
    let mut decoded = Vec::new();
    let body = body_decoder::decode(Cursor::new(received), codings);
    // The sample ends within the coding: the bytes before that are decoded.
    let _ = body.take(SAMPLE_LEN as u64).read_to_end(&mut decoded);
    Ok(decoded)
}

/// Returns whether content that has the type of a page is one, rather than that of a file with these names.
/// `is_whole` if all of it is at hand, unless it is longer than the sample.
fn is_page_content(beginning: &[u8], names: &Names, is_whole: bool) -> bool {
    let is_enough = is_whole || beginning.len() >= TEXT_LEN;
    match page_content::has_tag(beginning) {
        true if names.has_markup && !names.has_binary => page_content::is_whole_page(beginning),
        true => true,
        false => names.has_binary && is_enough && page_content::is_text(beginning),
    }
}

/// The kinds of the names that a file has in the link, at the target of its redirects, and on the disk.
struct Names {
    /// True if the name on the disk is one of a page.
    is_page: bool,
    /// True if a name is one of a file that is no page.
    has_file: bool,
    has_binary: bool,
    has_markup: bool,
}

impl Names {
    /// Reads `names` and the name on the disk. In a wiki a title may end as the name of a text does.
    fn new(names: &[&str], saved: Option<&str>, is_in_wiki: bool) -> Self {
        let all = names.iter().copied().chain(saved);
        let kinds: Vec<ExtensionKind> = all.filter_map(extension_kind).collect();
        let has = |kind| kinds.contains(&kind);
        let has_text = has(ExtensionKind::Other) || has(ExtensionKind::Markup);
        Self {
            is_page: saved.and_then(extension_kind) == Some(ExtensionKind::Page),
            has_file: has(ExtensionKind::Binary) || (has_text && !is_in_wiki),
            has_binary: has(ExtensionKind::Binary),
            has_markup: has(ExtensionKind::Markup),
        }
    }
}

/// Returns whether a web page of `len` bytes contradicts what is known about the file.
fn is_unexpected(expected: &FileHints, names: &Names, len: Option<u64>) -> bool {
    if names.is_page {
        return false;
    }
    match expected.is_page() {
        Some(is_page) => !is_page,
        None => is_other_len(expected, len) || names.has_file,
    }
}

fn is_other_len(expected: &FileHints, len: Option<u64>) -> bool {
    matches!((len, expected.len()), (Some(len), Some(known)) if len != known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(len: Option<u64>, name: Option<&str>, is_page: Option<bool>) -> FileHints {
        let expected = FileHints::default();
        if let Some(len) = len {
            expected.set_len(len);
        }
        if let Some(name) = name {
            expected.set_name(|| name.to_owned());
        }
        if let Some(is_page) = is_page {
            expected.set_is_page(is_page);
        }
        expected
    }

    #[test]
    fn names_lengths_and_earlier_responses_contradict_a_page() {
        let none = || expected(None, None, None);
        for (expected, link, is_unexpected) in [
            (none(), "debian.iso", true),
            (none(), "a.tar.gz", true),
            (none(), "index.html", false),
            (none(), "get.php", false),
            (none(), "download", false),
            (none(), "", false),
            (none(), "v1.2", false),
            (expected(Some(3), None, None), "download", true),
            (expected(Some(7), None, None), "download", false),
            (expected(None, Some("debian.iso"), None), "download", true),
            (expected(None, Some("page.html"), None), "Node.js", false),
            (expected(None, None, Some(false)), "download", true),
            (expected(None, None, Some(true)), "a.bin", false),
        ] {
            let names = Names::new(&[link, "login"], expected.name(), false);
            let found = super::is_unexpected(&expected, &names, Some(7));
            assert_eq!(found, is_unexpected, "{expected:?} {link}");
        }
        let names = Names::new(&["download", "a.zip"], None, false);
        assert!(is_unexpected(&none(), &names, None));
        for (name, is_file) in [("Node.js", false), ("a.zip", true)] {
            let names = Names::new(&[name, name], None, true);
            assert_eq!(is_unexpected(&none(), &names, None), is_file, "{name}");
        }
    }

    #[test]
    fn content_decides_by_the_kind_of_the_name() {
        let part = &b"Please log"[..];
        for (name, beginning, is_page) in [
            ("d.iso", &b"<!doctype html>"[..], true),
            ("d.iso", b"<p>", true),
            ("d.iso", b"Please <a href=/login>log in</a>", true),
            ("d.iso", b"Link expired", true),
            ("d.iso", b"PK\x03\x04", false),
            ("d.pdf", b"%PDF-1.7\n", false),
            ("sums.sha256", b"<html>", true),
            ("sums.sha256", b"0a1b2c  d.iso", false),
            ("feed.xml", b"<?xml version='1.0'?><rss/>", false),
            ("feed.xml", b"<!DOCTYPE html><title>Log in", true),
            ("i.svg", b"<svg xmlns='x'></svg>", false),
            ("r.md", b"<p align=center>", false),
            ("r.md", b"# Title", false),
        ] {
            let names = Names::new(&[name, "login"], None, false);
            assert_eq!(is_page_content(beginning, &names, true), is_page, "{name}");
        }
        let names = Names::new(&["d.iso"], None, false);
        assert!(!is_page_content(part, &names, false));
    }
}
