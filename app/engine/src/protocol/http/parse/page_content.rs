//! Recognizes the content of web pages by its first bytes.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Tags that begin a whole page, rather than a document that contains markup.
const PAGE_TAGS: [&str; 9] = [
    "html", "head", "body", "title", "meta", "script", "style", "form", "center",
];
/// Beginnings of files that are text at first, and have the extensions of binary files.
const TEXT_MAGIC: [&str; 4] = ["%PDF", "%!PS", "#!", "!<arch>"];

/// Returns whether content begins as HTML, or is empty.
pub(crate) fn looks_like_page(beginning: &[u8]) -> bool {
    let text = decode(beginning);
    begins_with_tag(&text) || trim(&text).is_empty()
}

/// Returns whether content begins as HTML.
pub(crate) fn has_tag(beginning: &[u8]) -> bool {
    begins_with_tag(&decode(beginning))
}

/// Returns whether content begins as a whole page. XML and Markdown may begin with other tags.
pub(crate) fn is_whole_page(beginning: &[u8]) -> bool {
    let text = decode(beginning);
    let mut rest = trim(&text);
    loop {
        let end = match rest {
            _ if rest.starts_with("<!--") => "-->",
            _ if rest.starts_with("<?") => "?>",
            _ => break,
        };
        let Some((_, after)) = rest.split_once(end) else {
            return false;
        };
        rest = trim(after);
    }
    let Some(tag) = rest.strip_prefix('<') else {
        return false;
    };
    let tag = tag.to_ascii_lowercase();
    let name = tag.strip_prefix("!doctype").map_or(&*tag, str::trim_start);
    let is_named = |page: &&str| {
        let after = name.strip_prefix(*page);
        after.is_some_and(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '-'))
    };
    match name.len() == tag.len() {
        true => PAGE_TAGS.iter().any(is_named),
        false => is_named(&"html"),
    }
}

/// Returns whether content begins as a text for people: it has no control characters, and not the mark of a
/// file that begins with text.
pub(crate) fn is_text(beginning: &[u8]) -> bool {
    let text = decode(beginning);
    // An escape switches the character set in ISO-2022-JP.
    let is_control = |c: char| c.is_control() && !c.is_whitespace() && c != '\u{1b}';
    !text.contains(is_control) && !TEXT_MAGIC.iter().any(|magic| text.starts_with(magic))
}

fn begins_with_tag(text: &str) -> bool {
    let Some(tag) = trim(text).strip_prefix('<') else {
        return false;
    };
    // The beginning may be a single byte.
    let first = tag.chars().next();
    first.is_none_or(|c| c.is_ascii_alphabetic() || matches!(c, '!' | '?'))
}

/// Decodes content by its byte order mark or, without one, as UTF-16 where its first characters are so.
fn decode(beginning: &[u8]) -> Cow<'_, str> {
    let charset = Encoding::for_bom(beginning).map(|(charset, _)| charset);
    let charset = charset.unwrap_or(match beginning {
        [b'<', 0, letter, 0, ..] if *letter != 0 => UTF_16LE,
        [0, b'<', 0, letter, ..] if *letter != 0 => UTF_16BE,
        _ if is_utf8(beginning) => UTF_8,
        _ => WINDOWS_1252,
    });
    charset.decode(beginning).0
}

/// Returns whether content is UTF-8, up to a character that is cut at the end.
fn is_utf8(beginning: &[u8]) -> bool {
    match std::str::from_utf8(beginning) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none(),
    }
}

/// Removes spaces and byte order marks before the text. In another character set a mark is three letters.
fn trim(text: &str) -> &str {
    let mut rest = text;
    loop {
        let trimmed = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        let trimmed = trimmed.strip_prefix("ï»¿").unwrap_or(trimmed);
        if trimmed.len() == rest.len() {
            return rest;
        }
        rest = trimmed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utf16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(to_bytes).collect()
    }

    #[test]
    fn pages_begin_with_a_tag() {
        for (beginning, is_page) in [
            (&b"<!doctype html>"[..], true),
            (b"\xef\xbb\xbf \r\n<html>", true),
            (b"\r\n \xef\xbb\xbf<html>", true),
            (b"<?xml version", true),
            (b"<script>", true),
            (b" ", true),
            (b"<", true),
            (b"PK\x03\x04", false),
            (b"<\x00", false),
            (b"<\x00\x00\x00\x01", false),
            (b"text < html", false),
        ] {
            assert_eq!(looks_like_page(beginning), is_page, "{beginning:?}");
        }
        for text in ["<html>", "\u{feff}<html>", "\u{feff} <p>"] {
            assert!(has_tag(&utf16(text, u16::to_le_bytes)), "{text}");
            assert!(has_tag(&utf16(text, u16::to_be_bytes)), "{text}");
        }
        assert!(!has_tag(b" "));
    }

    #[test]
    fn whole_pages_differ_from_documents_with_markup() {
        for (beginning, is_page) in [
            ("<!DOCTYPE html><p>", true),
            ("<!doctype  HTML PUBLIC", true),
            ("<html lang=en>", true),
            ("<!-- portal -->\n<html>", true),
            ("<?xml version='1.0'?><!DOCTYPE html>", true),
            ("<?xml version='1.0'?><html xmlns='x'>", true),
            ("<script>", true),
            ("<?xml version='1.0'?><rss/>", false),
            ("<?xml version='1.0'", false),
            ("<svg xmlns='x'>", false),
            ("<!DOCTYPE svg>", false),
            ("<html-report>", false),
            ("<styles/>", false),
            ("<p align=center>", false),
            ("# Title", false),
            ("", false),
        ] {
            assert_eq!(is_whole_page(beginning.as_bytes()), is_page, "{beginning}");
        }
    }

    #[test]
    fn text_has_no_control_characters() {
        for (beginning, is_shown) in [
            (&b"Please <a href=/login>log in</a>\r\n\t"[..], true),
            ("Lien expiré".as_bytes(), true),
            (b"Lien expir\xe9!", true),
            ("Áron: lépj be ő".as_bytes().split_last().unwrap().1, true),
            (b"%PDF-1.7\n1 0 obj", false),
            (b"#!/bin/sh\n", false),
            (b"!<arch>\ndebian-binary", false),
            (b"PK\x03\x04", false),
            (b"ID3\x00", false),
        ] {
            assert_eq!(is_text(beginning), is_shown, "{beginning:?}");
        }
        assert!(is_text(&utf16("\u{feff}Bitte anmelden", u16::to_le_bytes)));
    }
}
