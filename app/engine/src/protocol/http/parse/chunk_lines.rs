//! Removes the extensions from the lines that begin the chunks of a body (RFC 9112, 7.1.1), because ureq
//! accepts lines of 20 bytes. No I/O.

use std::borrow::Cow;

/// Longest line in bytes. Servers use some hundred for signatures.
const MAX_LINE: usize = 16 * 1024;
/// Most digits of the length of a chunk.
const MAX_DIGITS: usize = 16;

/// The place in a chunked body up to which its bytes have arrived.
#[derive(Debug, Default)]
pub struct ChunkLines {
    place: Place,
}

#[derive(Debug, Clone, Copy)]
enum Place {
    /// In the line before a chunk: its length so far, its digits, the length of the line, and whether the
    /// digits have ended.
    Line(u64, usize, usize, bool),
    /// In a chunk of which this many bytes are left.
    Data(u64),
    /// Behind a chunk, before the end of its line.
    DataEnd,
    /// Behind the last chunk, or in a body that is not valid, which ureq reports.
    Rest,
}

impl Default for Place {
    fn default() -> Self {
        Self::Line(0, 0, 0, false)
    }
}

impl ChunkLines {
    /// Returns the next bytes of the body without the extensions of chunks.
    pub fn strip<'a>(&mut self, bytes: &'a [u8]) -> Cow<'a, [u8]> {
        let mut kept: Option<Vec<u8>> = None;
        let mut at = 0;
        while at < bytes.len() {
            let begin = at;
            let mut is_kept = true;
            match self.place {
                Place::Rest => at = bytes.len(),
                Place::Data(left) => {
                    let len = left.min((bytes.len() - at) as u64);
                    at += len as usize;
                    self.place = match left - len {
                        0 => Place::DataEnd,
                        left => Place::Data(left),
                    };
                }
                Place::DataEnd => {
                    at += 1;
                    if bytes[begin] == b'\n' {
                        self.place = Place::default();
                    }
                }
                Place::Line(..) => {
                    at += 1;
                    is_kept = self.on_line(bytes[begin]);
                }
            }
            match (&mut kept, is_kept) {
                (Some(kept), true) => kept.extend_from_slice(&bytes[begin..at]),
                (None, false) => kept = Some(bytes[..begin].to_vec()),
                (Some(_), false) | (None, true) => {}
            }
        }
        kept.map_or(Cow::Borrowed(bytes), Cow::Owned)
    }

    /// Reads a byte of the line before a chunk. Returns whether it is kept.
    fn on_line(&mut self, byte: u8) -> bool {
        let Place::Line(len, digits, line, is_over) = self.place else {
            return true;
        };
        let digit = char::from(byte).to_digit(16).filter(|_| !is_over);
        self.place = match (byte, digit) {
            (b'\n', _) if digits == 0 || len == 0 => Place::Rest,
            (b'\n', _) => Place::Data(len),
            _ if line >= MAX_LINE || digits > MAX_DIGITS => Place::Rest,
            (_, Some(digit)) => {
                Place::Line((len << 4) | u64::from(digit), digits + 1, line + 1, false)
            }
            _ => Place::Line(len, digits, line + 1, true),
        };
        digit.is_some() || matches!(byte, b'\r' | b'\n') || matches!(self.place, Place::Rest)
    }
}

/// Returns whether the body after `head`, a response head, is chunked.
pub fn is_chunked(head: &[u8]) -> bool {
    let mut lines = head.split(|byte| *byte == b'\n');
    lines.any(|line| {
        let colon = line.iter().position(|byte| *byte == b':');
        colon.is_some_and(|colon| {
            let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
            let end = value.len().saturating_sub(b"chunked".len());
            name.eq_ignore_ascii_case(b"transfer-encoding")
                && value[end..].eq_ignore_ascii_case(b"chunked")
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "5;name=\"a;b\"\r\na;b\r\n\r\n3 ; x\r\nabc\r\n00A\r\n0123456789\r\n0;last\r\nX: y;z\r\n\r\n";
    const STRIPPED: &str = "5\r\na;b\r\n\r\n3\r\nabc\r\n00A\r\n0123456789\r\n0\r\nX: y;z\r\n\r\n";

    #[test]
    fn extensions_are_removed_wherever_the_bytes_are_cut() {
        for step in 1..BODY.len() {
            let mut lines = ChunkLines::default();
            let parts = BODY.as_bytes().chunks(step);
            let stripped: Vec<u8> = parts
                .flat_map(|part| lines.strip(part).into_owned())
                .collect();
            assert_eq!(String::from_utf8(stripped).unwrap(), STRIPPED, "{step}");
        }
    }

    #[test]
    fn what_has_no_extension_or_is_not_valid_stays() {
        for body in [
            STRIPPED,
            "\r\n5\r\n",
            "zz;a\r\n",
            "fffffffffffffffffffffff;a\r\n",
        ] {
            let stripped = ChunkLines::default().strip(body.as_bytes()).into_owned();
            assert!(body.len() - stripped.len() <= 4, "{body}");
        }
        let endless = [b"5;".as_slice(), &[b'a'; 3 * MAX_LINE]].concat();
        assert!(ChunkLines::default().strip(&endless).len() > MAX_LINE);
    }

    #[test]
    fn the_last_coding_says_whether_a_body_is_chunked() {
        let head = |value: &str| format!("HTTP/1.1 200 OK\r\nTransfer-encoding: {value}\r\n\r\n");
        assert!(is_chunked(head("gzip, Chunked ").as_bytes()));
        assert!(!is_chunked(head("gzip").as_bytes()));
        assert!(!is_chunked(b"HTTP/1.1 200 OK\r\nServer: chunked\r\n\r\n"));
    }
}
