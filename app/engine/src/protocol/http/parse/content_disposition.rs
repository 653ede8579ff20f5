//! Reads the file name in `Content-Disposition` (RFC 6266), in the forms that browsers read: `filename*`
//! (RFC 8187), `filename` with or without quotes, raw UTF-8 or ISO-8859-1, percent-encoded or as encoded
//! words, and names in several parameters (RFC 2231).
//!
//! The result is untrusted: `model::file_name` must make it safe before it is used as a file name.

use std::collections::BTreeMap;

use percent_encoding::percent_decode;

use super::encoded_word;
use crate::model::charset;

/// Limit of parameters that one name is split into.
const MAX_PARTS: u8 = 100;

/// Returns the file name.
pub(crate) fn file_name(header: &[u8]) -> Option<String> {
    // One character for each byte: the character set is known only once the syntax is read.
    let header: String = header.iter().copied().map(char::from).collect();
    let parameters = match header.split_once(';') {
        // Some servers omit the type.
        Some((first, _)) if first.contains('=') => &header,
        Some((_, parameters)) => parameters,
        None => &header,
    };
    let mut names = Names::default();
    for (name, value) in Parameters(parameters) {
        names.add(&name.to_ascii_lowercase(), &value);
    }
    names.best()
}

/// Returns whether the header says that the content is a file to save: by its type, or by a name.
pub(crate) fn is_file(header: &[u8]) -> bool {
    let kind = header
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default();
    kind.trim_ascii().eq_ignore_ascii_case(b"attachment") || file_name(header).is_some()
}

/// The names in one header, by their form.
#[derive(Default)]
struct Names {
    extended: Option<String>,
    /// By number: whether the part is percent-encoded, and its text.
    parts: BTreeMap<u8, (bool, String)>,
    plain: Option<String>,
    /// `filename*` without a character set.
    unlabelled: Option<String>,
}

impl Names {
    fn add(&mut self, name: &str, value: &str) {
        match name.strip_prefix("filename") {
            Some("") if self.plain.is_none() => self.plain = Some(decode_plain(value)),
            Some("*") if self.extended.is_none() => {
                self.extended = decode_extended(value);
                if self.extended.is_none() && !value.contains('\'') {
                    self.unlabelled = Some(decode_plain(value));
                }
            }
            Some(rest) => {
                let (number, is_encoded) = match rest.strip_suffix('*') {
                    Some(number) => (number, true),
                    None => (rest, false),
                };
                let number = number.strip_prefix('*').and_then(|n| n.parse().ok());
                if let Some(number) = number.filter(|number| *number < MAX_PARTS) {
                    let part = (is_encoded, value.to_owned());
                    self.parts.entry(number).or_insert(part);
                }
            }
            None => {}
        }
    }

    fn best(self) -> Option<String> {
        let parts = join_parts(&self.parts);
        [self.extended, parts, self.plain, self.unlabelled]
            .into_iter()
            .flatten()
            .find(|name| !name.trim().is_empty())
    }
}

/// Joins the parts of a name up to the first missing number.
fn join_parts(parts: &BTreeMap<u8, (bool, String)>) -> Option<String> {
    let (first_is_encoded, first) = parts.get(&0)?;
    let (charset, first) = match first_is_encoded {
        true => {
            let mut pieces = first.splitn(3, '\'');
            let (charset, _, text) = (pieces.next()?, pieces.next()?, pieces.next()?);
            (Some(charset), text)
        }
        false => (None, &first[..]),
    };
    let mut bytes = Vec::new();
    for (number, (expected, (is_encoded, text))) in (0..).zip(parts) {
        if number != *expected {
            break;
        }
        let text = latin1_bytes(if number == 0 { first } else { text });
        match is_encoded {
            true => bytes.extend(percent_decode(&text)),
            false => bytes.extend(text),
        }
    }
    match charset {
        Some(charset) => charset::decode_labelled(charset, &bytes),
        None => Some(charset::decode(&bytes)),
    }
}

/// Decodes the value of a plain `filename`.
fn decode_plain(value: &str) -> String {
    let bytes = latin1_bytes(value);
    if let Some(name) = encoded_word::decode(&charset::decode(&bytes)) {
        return name;
    }
    // Many servers percent-encode the plain form too, although no standard allows it. Names that do
    // contain such a sequence are rarer.
    let decoded = percent_decode(&bytes).decode_utf8();
    decoded.map_or_else(|_| charset::decode(&bytes), std::borrow::Cow::into_owned)
}

/// Decodes `charset'language'percent-encoded`.
fn decode_extended(value: &str) -> Option<String> {
    let mut parts = value.splitn(3, '\'');
    let (charset, _, text) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes: Vec<u8> = percent_decode(&latin1_bytes(text)).collect();
    let name = charset::decode_labelled(charset.trim(), &bytes)?;
    Some(name).filter(|name| !name.trim().is_empty())
}

/// Returns the bytes of a text with one character for each byte.
fn latin1_bytes(text: &str) -> Vec<u8> {
    text.chars()
        .filter_map(|c| u8::try_from(u32::from(c)).ok())
        .collect()
}

/// Iterates over the `name=value` pairs of a header; values are without quotes.
struct Parameters<'a>(&'a str);

impl<'a> Iterator for Parameters<'a> {
    type Item = (&'a str, String);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = self.0.split_once('=')?;
        // Whatever stands before the last separator is not part of the name.
        let name = name.trim_end().rsplit([' ', '\t', ';', ',']).next()?;
        let rest = rest.trim_start();
        let value = match rest.strip_prefix('"') {
            Some(quoted) => {
                let (value, rest) = unquote(quoted);
                self.0 = rest;
                value
            }
            None => {
                let (value, rest) = rest.split_once(';').unwrap_or((rest, ""));
                self.0 = rest;
                value.trim().to_owned()
            }
        };
        Some((name, value))
    }
}

/// Returns the content of a quoted string, and the text after its closing quote.
fn unquote(text: &str) -> (String, &str) {
    let is_path = is_windows_path(text);
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            '\\' => match chars.clone().next() {
                Some((_, escaped)) if !is_path || matches!(escaped, '"' | '\\') => {
                    value.push(escaped);
                    chars.next();
                }
                _ => value.push('\\'),
            },
            _ => value.push(c),
        }
    }
    (value, "")
}

/// Returns whether a quoted string begins as a path of Windows. Servers send those without escaping them,
/// so that a backslash is literal unless a quote or another backslash follows.
fn is_windows_path(text: &str) -> bool {
    let bytes = text.as_bytes();
    let has_drive = matches!(bytes, [drive, b':', b'\\', ..] if drive.is_ascii_alphabetic());
    let has_host = matches!(bytes, [b'\\', b'\\', host, ..] if host.is_ascii_alphanumeric());
    has_drive || has_host
}

#[cfg(test)]
mod tests;
