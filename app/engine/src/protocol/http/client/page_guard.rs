//! Recognizes web pages that a server or a portal sends in place of the file, with status 200.
//!
//! A page is suspected by its type, where a name, the expected length or an earlier response says that the
//! file is none. Since servers also send files with the type of a page, the content decides then.

use super::body_reader::BodyReader;
use crate::model::http_url::HttpUrl;
use crate::protocol::http::parse::response_check::{Content, ResponseInfo};
use crate::scheduling::expected_file::ExpectedFile;
use crate::scheduling::mirror::Mirror;

/// Bytes of the content that are looked at.
const SAMPLE_LEN: usize = 512;
/// Extensions of names that may lead to a web page.
const PAGE_EXTENSIONS: [&str; 22] = [
    "htm", "html", "shtml", "xhtml", "xht", "mhtml", "php", "php3", "php4", "php5", "phtml", "asp",
    "aspx", "ashx", "jsp", "jspx", "cgi", "pl", "cfm", "do", "action", "html5",
];

/// Returns whether the response from `url`, which `mirror` leads to, is a page in place of the file.
/// Records what the response says about the file if it is not.
pub(super) fn is_page(
    mirror: &Mirror,
    url: &HttpUrl,
    (content, info): (&Content, &ResponseInfo),
    body: &mut BodyReader,
) -> bool {
    let expected = &mirror.expected;
    // A page is never served in ranges.
    let is_suspect = info.is_page
        && !matches!(content, Content::Part(_))
        && is_unexpected(
            expected,
            &[&mirror.url.file_name(), &url.file_name()],
            info.len,
        );
    if is_suspect {
        // A body that cannot be read fails in the next read too.
        let beginning = body.peek(SAMPLE_LEN).unwrap_or_default();
        let is_coded = matches!(content, Content::Coded(_));
        if is_coded || looks_like_page(beginning) {
            return true;
        }
    }
    expected.set_is_page(info.is_page && !is_suspect);
    false
}

/// Returns whether a web page of `len` bytes contradicts what is known about the file.
fn is_unexpected(expected: &ExpectedFile, names: &[&str], len: Option<u64>) -> bool {
    if let Some(name) = expected.name()
        && has_page_extension(name) == Some(true)
    {
        return false;
    }
    let names = names.iter().copied().chain(expected.name());
    let is_other_len = matches!((len, expected.len()), (Some(len), Some(known)) if len != known);
    match expected.is_page() {
        Some(is_page) => !is_page,
        None => {
            is_other_len
                || names
                    .map(has_page_extension)
                    .any(|page| page == Some(false))
        }
    }
}

/// Returns whether a name is one of a web page; `None` if it has no extension.
fn has_page_extension(name: &str) -> Option<bool> {
    let (_, extension) = name.rsplit_once('.')?;
    let extension = extension.to_ascii_lowercase();
    let is_extension = (1..=12).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
        // The end of a version, as in `/docs/v1.2`.
        && !extension.bytes().all(|byte| byte.is_ascii_digit());
    is_extension.then(|| PAGE_EXTENSIONS.contains(&&extension[..]))
}

/// Returns whether content begins as HTML.
pub(crate) fn looks_like_page(beginning: &[u8]) -> bool {
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning);
    match text.trim_ascii_start() {
        [b'<', b'!' | b'?', ..] => true,
        [b'<', letter, ..] => letter.is_ascii_alphabetic(),
        // An empty page.
        text => text.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(len: Option<u64>, name: Option<&str>, is_page: Option<bool>) -> ExpectedFile {
        let expected = ExpectedFile::default();
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
            let found = super::is_unexpected(&expected, &[link, "login"], Some(7));
            assert_eq!(found, is_unexpected, "{expected:?} {link}");
        }
        assert!(is_unexpected(&none(), &["download", "a.zip"], None));
    }

    #[test]
    fn pages_begin_with_a_tag() {
        for (beginning, is_page) in [
            (&b"<!doctype html>"[..], true),
            (b"\xef\xbb\xbf \r\n<html>", true),
            (b"<?xml version", true),
            (b"<script>", true),
            (b" ", true),
            (b"PK\x03\x04", false),
            (b"<\x00", false),
            (b"text < html", false),
        ] {
            assert_eq!(looks_like_page(beginning), is_page, "{beginning:?}");
        }
    }
}
