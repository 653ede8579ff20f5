//! Reads the file name in `Content-Disposition` (RFC 6266, with the encoding of RFC 5987).
//!
//! The result is untrusted: `model::file_name` must make it safe before it is used as a file name.

use percent_encoding::percent_decode_str;

/// Returns the file name; the encoded form (`filename*`) takes precedence over the plain one.
pub(crate) fn file_name(header: &str) -> Option<String> {
    let mut plain = None;
    for (name, value) in Parameters(header.split_once(';')?.1) {
        if name.eq_ignore_ascii_case("filename*") {
            if let Some(name) = decode_extended(&value) {
                return Some(name);
            }
        } else if name.eq_ignore_ascii_case("filename") && plain.is_none() {
            // Many servers percent-encode the plain form too, although no standard allows it. Names
            // that do contain such a sequence are rarer.
            let decoded = percent_decode_str(&value).decode_utf8();
            plain = Some(decoded.map_or_else(|_| value.clone(), std::borrow::Cow::into_owned));
        }
    }
    plain.filter(|name| !name.trim().is_empty())
}

/// Decodes `charset'language'percent-encoded` in UTF-8 or ISO-8859-1.
fn decode_extended(value: &str) -> Option<String> {
    let mut parts = value.splitn(3, '\'');
    let (charset, _, text) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    let name = match charset.to_ascii_lowercase().as_str() {
        "utf-8" => String::from_utf8(bytes).ok()?,
        "iso-8859-1" => bytes.into_iter().map(char::from).collect(),
        _ => return None,
    };
    Some(name).filter(|name| !name.trim().is_empty())
}

/// Iterates over the `name=value` pairs of a header; values are without quotes.
struct Parameters<'a>(&'a str);

impl Iterator for Parameters<'_> {
    type Item = (String, String);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, rest) = self.0.split_once('=')?;
        let name = name.trim_matches([' ', '\t', ';']).to_owned();
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
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, &text[at + 1..]),
            // Windows servers send paths without escaping them, so a backslash is literal unless a
            // quote or another backslash follows.
            '\\' => match chars.clone().next() {
                Some((_, escaped @ ('"' | '\\'))) => {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_read_in_all_forms_that_servers_send() {
        for (header, name) in [
            ("attachment; filename=\"a b.zip\"", Some("a b.zip")),
            ("attachment; filename=plain.zip", Some("plain.zip")),
            ("attachment;filename=a.zip;size=5", Some("a.zip")),
            ("attachment; FileName=\"x\\\"y.zip\"", Some("x\"y.zip")),
            (
                "attachment; filename=\"C:\\dir\\f.txt\"",
                Some("C:\\dir\\f.txt"),
            ),
            (
                "inline; filename=\"e.jpg\"; filename*=UTF-8''%e2%82%ac.jpg",
                Some("€.jpg"),
            ),
            ("attachment; filename*=iso-8859-1'en'%A3.txt", Some("£.txt")),
            ("attachment; filename*=utf-7''x; filename=y", Some("y")),
            ("attachment; filename=\"na%20me.txt\"", Some("na me.txt")),
            ("attachment; filename=\"\"", None),
            ("attachment", None),
            ("", None),
        ] {
            assert_eq!(file_name(header).as_deref(), name, "{header}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_panic(header in ".{0,120}", tail in "[\"\\\\;=*'%a-f ]{0,60}") {
            let _ = file_name(&header);
            let _ = file_name(&format!("attachment; filename{tail}"));
        }
    }
}
