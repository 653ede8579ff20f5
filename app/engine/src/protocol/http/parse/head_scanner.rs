//! Finds the end of a response head. No I/O.

/// Result of [`HeadScanner::scan`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeadEnd {
    /// The head is incomplete.
    Incomplete,
    /// Offset of the first byte after the head.
    At(usize),
    /// The bytes do not begin as an HTTP response.
    NotHttp,
}

/// Finds the end of a response head while its bytes arrive. Each byte is looked at once.
#[derive(Debug, Default)]
pub struct HeadScanner {
    /// Offset of the line that is incomplete.
    line: usize,
    /// Offset of the first byte that was not looked at.
    at: usize,
    has_status_line: bool,
}

impl HeadScanner {
    /// Scans `received`: the bytes of the last call, and those that arrived since.
    pub fn scan(&mut self, received: &[u8]) -> HeadEnd {
        while let Some(len) = received
            .get(self.at..)
            .and_then(|rest| rest.iter().position(|byte| *byte == b'\n'))
        {
            let line = without_cr(&received[self.line..self.at + len]);
            self.at += len + 1;
            self.line = self.at;
            match (line.is_empty(), self.has_status_line) {
                (true, true) => return HeadEnd::At(self.at),
                // Empty lines before the status line do not count (RFC 9112, 2.2).
                (true, false) => {}
                (false, false) if line.len() < PREFIX.len() || !begins_as_http(line) => {
                    return HeadEnd::NotHttp;
                }
                (false, _) => self.has_status_line = true,
            }
        }
        self.at = self.at.max(received.len());
        let begun = received.get(self.line..).unwrap_or_default();
        let begun = &begun[begun.iter().take_while(|byte| **byte == b'\r').count()..];
        match self.has_status_line || begins_as_http(begun) {
            true => HeadEnd::Incomplete,
            false => HeadEnd::NotHttp,
        }
    }
}

/// Beginning of a status line. Some servers write it in lower case.
const PREFIX: &[u8] = b"HTTP/";

/// Returns whether a line begins with [`PREFIX`], as far as it has arrived.
fn begins_as_http(line: &[u8]) -> bool {
    let known = line.len().min(PREFIX.len());
    line[..known].eq_ignore_ascii_case(&PREFIX[..known])
}

/// Returns the status code of a complete head.
pub fn status(head: &[u8]) -> Option<u16> {
    let mut lines = head.split(|byte| *byte == b'\n').map(without_cr);
    let line = lines.find(|line| !line.is_empty())?;
    let words = line.split(|byte| matches!(byte, b' ' | b'\t'));
    let code = words.filter(|word| !word.is_empty()).nth(1)?;
    std::str::from_utf8(code).ok()?.parse().ok()
}

/// Returns whether `received`, after which the server closed the connection, is a redirect without the
/// empty line at its end. Its lines are complete.
pub fn is_unended_redirect(received: &[u8]) -> bool {
    received.ends_with(b"\n") && status(received).is_some_and(|code| (300..400).contains(&code))
}

/// Returns a line without its carriage returns. Programs that write text files on Windows send several.
pub(super) fn without_cr(line: &[u8]) -> &[u8] {
    let len = line.iter().rposition(|byte| *byte != b'\r');
    &line[..len.map_or(0, |last| last + 1)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn heads_end_at_the_first_empty_line() {
        for (received, end) in [
            ("HTTP/1.1 200 OK\r\na: b\r\n\r\nbody", HeadEnd::At(25)),
            ("\r\n\nHTTP/1.1 200 OK\n\nbody", HeadEnd::At(20)),
            ("http/1.0 200\r\r\n\r\r\nx", HeadEnd::At(18)),
            ("HTTP/1.1 200 OK\r\n \r\n\r\n", HeadEnd::At(22)),
            ("HTTP/1.1 200 OK\r\na: b\r\n", HeadEnd::Incomplete),
            ("HTTP/1.1 200 OK\r\na: b\r\n\r", HeadEnd::Incomplete),
            ("HT", HeadEnd::Incomplete),
            ("\r\n", HeadEnd::Incomplete),
            ("", HeadEnd::Incomplete),
            ("SSH-2.0-OpenSSH", HeadEnd::NotHttp),
            ("\r\nhello\n", HeadEnd::NotHttp),
            ("H\r\n", HeadEnd::NotHttp),
            ("HTTP\n", HeadEnd::NotHttp),
        ] {
            assert_eq!(
                HeadScanner::default().scan(received.as_bytes()),
                end,
                "{received:?}"
            );
            let mut scanner = HeadScanner::default();
            let ends = (0..=received.len()).map(|len| scanner.scan(&received.as_bytes()[..len]));
            let first = ends.into_iter().find(|end| *end != HeadEnd::Incomplete);
            let is_same = match (first, end) {
                (None, HeadEnd::Incomplete) => true,
                (Some(first), end) => first == end,
                (None, _) => false,
            };
            assert!(is_same, "byte by byte: {received:?} {first:?}");
        }
    }

    #[test]
    fn redirects_may_lack_the_empty_line() {
        assert_eq!(status(b"HTTP/1.1  404\tNo\r\n\r\n"), Some(404));
        assert!(is_unended_redirect(
            b"HTTP/1.1 302 Found\r\nLocation: /x\r\n"
        ));
        assert!(!is_unended_redirect(b"HTTP/1.1 302 Found\r\nLocation: /x"));
        assert!(!is_unended_redirect(b"HTTP/1.1 200 OK\r\nLocation: /x\r\n"));
        assert!(!is_unended_redirect(b"\r\n"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_scanned(received in proptest::collection::vec(proptest::sample::select(b"HTTP/1. 20\r\n:a".to_vec()), 0..80)) {
            let mut scanner = HeadScanner::default();
            let mut found = None;
            for len in 0..=received.len() {
                let end = scanner.scan(&received[..len]);
                if end != HeadEnd::Incomplete {
                    found = Some(end);
                    break;
                }
            }
            let whole = HeadScanner::default().scan(&received);
            prop_assert_eq!(found.unwrap_or(HeadEnd::Incomplete), whole);
            let _ = (status(&received), is_unended_redirect(&received));
        }
    }
}
