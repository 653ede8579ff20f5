//! Rewrites a response head as servers send it into one that a strict parser accepts. No I/O.
//!
//! A strict head passes unchanged. Otherwise:
//!
//! 1. A folded field becomes one line, each fold a space (RFC 9112, 5.2); blanks before a colon go (5.1).
//! 2. A line without a valid name, or with a control character, is dropped, and the rest stays.
//! 3. `Location` is percent-encoded, so that the bytes that the server wrote are requested.
//! 4. Of very many fields only those stay that the program reads.
//! 5. An HTTP/1.0 response in chunks becomes one of HTTP/1.1 that closes the connection: its body would
//!    otherwise be read with the framing of the chunks (6.1).
//!
//! Fields that decide where the body ends, or how it is coded, are never dropped for their form: a head
//! with a malformed one stays malformed, and the strict parser rejects it. So a damaged
//! `Transfer-Encoding` cannot turn chunks into file content.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::head_scanner::without_cr;

/// Limit of fields in a normalized head, and of the bytes of a head of which unread fields stay. ureq
/// accepts 128 fields.
const MAX_FIELDS: usize = 100;
const MAX_UNFILTERED_LEN: usize = 32 * 1024;

const HTTP_1_0: &[u8] = b"HTTP/1.0";

/// Fields that are never dropped for their form.
const PROTECTED: [&str; 3] = ["content-length", "transfer-encoding", "content-encoding"];

/// Fields that stay when there are very many, in addition to the protected ones.
const READ: [&str; 24] = [
    "accept-ranges",
    "age",
    "authentication-info",
    "cache-control",
    "connection",
    "content-digest",
    "content-disposition",
    "content-md5",
    "content-range",
    "content-type",
    "date",
    "digest",
    "etag",
    "keep-alive",
    "last-modified",
    "link",
    "location",
    "proxy-authenticate",
    "repr-digest",
    "retry-after",
    "server",
    "set-cookie",
    "via",
    "www-authenticate",
];

/// Normalizes a complete head.
pub fn normalize(head: &[u8]) -> Cow<'_, [u8]> {
    match is_strict(head) {
        true => Cow::Borrowed(head),
        false => Cow::Owned(rewrite(head)),
    }
}

/// Returns whether nothing has to be changed.
fn is_strict(head: &[u8]) -> bool {
    let ends_in_crlf = |pair: &[u8]| (pair[0] == b'\r') == (pair[1] == b'\n');
    if head.len() > MAX_UNFILTERED_LEN || !head.windows(2).all(ends_in_crlf) {
        return false;
    }
    let Some(head) = head.strip_suffix(b"\r\n\r\n") else {
        return false;
    };
    let mut lines = lines(head);
    let status = lines.next().unwrap_or_default();
    status_line(status).is_none()
        && lines.clone().count() <= MAX_FIELDS
        && lines.all(|line| {
            Field::parse(line).is_some_and(|field| {
                field.is_strict(line) && !(is_1_0(status) && field.is_transfer_encoding())
            })
        })
}

/// Returns the lines of a head, without their ends.
fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> + Clone {
    head.split(|byte| *byte == b'\n').map(without_cr)
}

fn rewrite(head: &[u8]) -> Vec<u8> {
    let mut lines = lines(head).skip_while(|line| line.is_empty());
    let status = lines.next().unwrap_or_default();
    let mut out = status_line(status).unwrap_or_else(|| status.to_vec());
    let mut fields: Vec<Field<'_>> = Vec::new();
    // A fold continues the line before it, also one that is dropped.
    let mut is_kept = false;
    for line in lines.take_while(|line| !line.is_empty()) {
        if line.first().copied().is_some_and(is_blank) {
            match fields.last_mut().filter(|_| is_kept) {
                Some(field) => field.append(trim_value(line)),
                None if is_protected(line) => fields.push(Field::malformed(line)),
                None => {}
            }
            continue;
        }
        let field = Field::parse(line).or_else(|| {
            // Left as it is, for the strict parser to reject.
            is_protected(line).then(|| Field::malformed(line))
        });
        is_kept = field.is_some();
        fields.extend(field);
    }
    let is_chunked_1_0 = is_1_0(&out) && fields.iter().any(Field::is_transfer_encoding);
    if is_chunked_1_0 {
        out[..HTTP_1_0.len()].copy_from_slice(b"HTTP/1.1");
    }
    out.extend(b"\r\n");
    if is_chunked_1_0 {
        out.extend(b"Connection: close\r\n");
    }
    let is_filtered = head.len() > MAX_UNFILTERED_LEN || fields.len() > MAX_FIELDS;
    let mut count = 0;
    for field in &fields {
        let is_protected = field.is_protected();
        let is_wanted = !is_filtered || (field.is_read() && count < MAX_FIELDS);
        if is_protected || is_wanted {
            count += 1;
            field.write(&mut out);
        }
    }
    out.extend(b"\r\n");
    out
}

/// Returns the status line with single spaces and without control characters; `None` if it is so.
fn status_line(line: &[u8]) -> Option<Vec<u8>> {
    let mut words = line.splitn(2, |byte| is_blank(*byte));
    let version = words.next().unwrap_or_default().to_ascii_uppercase();
    let rest = trim_value(words.next().unwrap_or_default());
    let mut words = rest.splitn(2, |byte| is_blank(*byte));
    let code = trim_value(words.next().unwrap_or_default());
    let mut reason = words.next().unwrap_or_default().to_vec();
    reason.retain(|byte| !is_control(*byte));
    let mut strict = [&version, code].join(&b' ');
    if !trim(&reason).is_empty() {
        strict.push(b' ');
        strict.extend(trim(&reason));
    }
    let is_same = line == strict || line.strip_suffix(b" ") == Some(&strict);
    (!is_same).then_some(strict)
}

/// One field of a head.
struct Field<'a> {
    name: &'a [u8],
    value: Cow<'a, [u8]>,
    /// True if it is written as it came.
    is_malformed: bool,
}

impl<'a> Field<'a> {
    /// Reads one line; `None` if it has no valid name.
    fn parse(line: &'a [u8]) -> Option<Self> {
        let colon = line.iter().position(|byte| *byte == b':')?;
        let name = trim_end(&line[..colon]);
        let is_valid = !name.is_empty() && name.iter().copied().all(is_token);
        is_valid.then(|| Self {
            name,
            value: trim_value(&line[colon + 1..]).into(),
            is_malformed: false,
        })
    }

    fn malformed(line: &'a [u8]) -> Self {
        Self {
            name: line,
            value: Cow::default(),
            is_malformed: true,
        }
    }

    /// Appends a fold.
    fn append(&mut self, more: &[u8]) {
        let value = self.value.to_mut();
        if !value.is_empty() && !more.is_empty() {
            value.push(b' ');
        }
        value.extend(more);
    }

    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name.as_bytes())
    }

    fn is_protected(&self) -> bool {
        self.is_malformed || PROTECTED.iter().any(|name| self.is(name))
    }

    fn is_transfer_encoding(&self) -> bool {
        self.is("transfer-encoding")
    }

    fn is_read(&self) -> bool {
        READ.iter().any(|name| self.is(name))
    }

    fn has_control(&self) -> bool {
        self.value.iter().copied().any(is_control)
    }

    /// Returns whether the `line` that it was read from can stay.
    fn is_strict(&self, line: &[u8]) -> bool {
        let has_colon = line.get(self.name.len()) == Some(&b':');
        let is_encoded = !self.is("location") || self.value.is_ascii();
        has_colon && is_encoded && !self.has_control()
    }

    /// Writes the field, unless it is dropped.
    fn write(&self, out: &mut Vec<u8>) {
        if self.is_malformed {
            if self.name.first().copied().is_some_and(is_blank) {
                // A fold would become part of the field before it, which a parser may accept.
                out.push(b'\0');
            }
            out.extend(self.name);
            out.extend(b"\r\n");
            return;
        }
        let is_location = self.is("location");
        if self.has_control() && !is_location && !self.is_protected() {
            return;
        }
        out.extend(self.name);
        out.extend(b": ");
        match is_location {
            true => out.extend(encode_location(&self.value).as_bytes()),
            false => out.extend(&*self.value),
        }
        out.extend(b"\r\n");
    }
}

/// Percent-encodes all bytes that are not visible ASCII, as a browser does, in any character set.
fn encode_location(value: &[u8]) -> String {
    let mut out = String::with_capacity(value.len());
    for byte in value {
        match byte {
            b' '..=b'~' => out.push(char::from(*byte)),
            // The URL standard removes them.
            b'\t' | b'\r' => {}
            // Writing to a string does not fail.
            _ => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

/// Returns whether a line that is no valid field has the name of a protected one.
fn is_protected(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    let letters: Vec<u8> = name.iter().copied().filter(|b| is_token(*b)).collect();
    PROTECTED
        .iter()
        .any(|protected| letters.eq_ignore_ascii_case(protected.as_bytes()))
}

/// Returns whether a status line is one of HTTP/1.0.
fn is_1_0(status_line: &[u8]) -> bool {
    status_line.starts_with(HTTP_1_0)
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Returns whether a byte is not allowed in a field value (RFC 9110, 5.5).
fn is_control(byte: u8) -> bool {
    byte.is_ascii_control() && byte != b'\t'
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

fn trim_start(text: &[u8]) -> &[u8] {
    &text[text.iter().take_while(|byte| is_blank(**byte)).count()..]
}

fn trim_end(text: &[u8]) -> &[u8] {
    let len = text.iter().rposition(|byte| !is_blank(*byte));
    &text[..len.map_or(0, |last| last + 1)]
}

fn trim(text: &[u8]) -> &[u8] {
    trim_end(trim_start(text))
}

/// Trims a text in which a bare CR counts as a space (RFC 9112, 2.2). At the end of a line it would be read
/// as part of that end.
fn trim_value(text: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| is_blank(*byte) || *byte == b'\r';
    let start = text.iter().take_while(|byte| is_space(byte)).count();
    let end = text.iter().rposition(|byte| !is_space(byte));
    text.get(start..end.map_or(0, |last| last + 1))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
