//! Reads the stream of a request: the head of the response, its body, and trailers.

use super::field_section;
use super::frame::{FrameReader, Piece, StreamKind};
use super::violation::Violation;

/// The fields of a response that count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ResponseHead {
    /// Status, 200 to 599.
    pub status: u16,
    /// `Content-Length`.
    pub len: Option<u64>,
    /// `Location`.
    pub location: Option<String>,
    /// `Content-Encoding` other than `identity`.
    pub coding: Option<String>,
}

/// Reads a response as its bytes arrive.
#[derive(Debug)]
pub(crate) struct ResponseReader {
    frames: FrameReader,
    head: Option<ResponseHead>,
    /// Trailers have arrived; nothing may follow.
    is_over: bool,
    received: u64,
}

impl ResponseReader {
    /// Creates a reader for the begin of the stream.
    pub fn new() -> Self {
        Self {
            frames: FrameReader::new(StreamKind::Request),
            head: None,
            is_over: false,
            received: 0,
        }
    }

    /// Returns the head, once it has arrived.
    pub fn head(&self) -> Option<&ResponseHead> {
        self.head.as_ref()
    }

    /// Returns the number of bytes of the body so far.
    pub fn received(&self) -> u64 {
        self.received
    }

    /// Reads on in `input` and returns the next part of the body; `None` if `input` is read.
    ///
    /// # Errors
    /// The [`Violation`] of the server.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<&'a [u8]>, Violation> {
        while let Some(piece) = self.frames.next(input)? {
            match piece {
                Piece::Data(part) if self.head.is_some() && !self.is_over => {
                    self.received += part.len() as u64;
                    return Ok(Some(part));
                }
                Piece::Headers(section) if !self.is_over => match &self.head {
                    None => self.head = head(&section)?,
                    Some(_) => {
                        field_section::decode(&section, &mut |_, _| Ok(()))?;
                        self.is_over = true;
                    }
                },
                Piece::Data(_) => return Err(Violation::UnexpectedFrame(0)),
                _ => return Err(Violation::UnexpectedFrame(1)),
            }
        }
        Ok(None)
    }

    /// Checks that the stream may end here.
    ///
    /// # Errors
    /// [`Violation::NoHead`] and [`Violation::IncompleteFrame`].
    pub fn finish(&self) -> Result<(), Violation> {
        match &self.head {
            Some(_) if self.frames.is_between_frames() => Ok(()),
            Some(_) => Err(Violation::IncompleteFrame),
            None => Err(Violation::NoHead),
        }
    }
}

/// Reads a response head; `None` for an interim one (1xx).
fn head(section: &[u8]) -> Result<Option<ResponseHead>, Violation> {
    let mut head = ResponseHead::default();
    let mut has_regular = false;
    field_section::decode(section, &mut |name, value| {
        if !is_valid(name, value) {
            return Err(Violation::MalformedHead);
        }
        let text = || String::from_utf8_lossy(value).trim().to_owned();
        if name == b":status" && head.status == 0 && !has_regular {
            head.status = status(value).ok_or(Violation::MalformedHead)?;
            return Ok(());
        }
        if name.starts_with(b":") {
            return Err(Violation::MalformedHead);
        }
        has_regular = true;
        match name {
            b"content-length" => {
                let len = length(value).ok_or(Violation::MalformedHead)?;
                if head.len.is_some_and(|other| other != len) {
                    return Err(Violation::MalformedHead);
                }
                head.len = Some(len);
            }
            b"location" => head.location = Some(text()),
            b"content-encoding" if !value.eq_ignore_ascii_case(b"identity") => {
                head.coding = Some(text());
            }
            _ => {}
        }
        Ok(())
    })?;
    match head.status {
        // 101 has no meaning here (RFC 9114, 4.5).
        0 | 101 => Err(Violation::MalformedHead),
        100..=199 => Ok(None),
        _ => Ok(Some(head)),
    }
}

/// Returns whether a field may stand in a message (RFC 9114, 4.2 and 10.3).
fn is_valid(name: &[u8], value: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_graphic() && !byte.is_ascii_uppercase();
    let is_broken = |byte: &u8| matches!(byte, b'\r' | b'\n' | 0);
    !name.is_empty() && name.iter().all(is_name) && !value.iter().any(is_broken)
}

fn status(value: &[u8]) -> Option<u16> {
    let is_status = value.len() == 3 && value.iter().all(u8::is_ascii_digit);
    let status = std::str::from_utf8(value).ok().filter(|_| is_status)?;
    status
        .parse()
        .ok()
        .filter(|status| (100..600).contains(status))
}

fn length(value: &[u8]) -> Option<u64> {
    let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
    let text = std::str::from_utf8(value).ok().filter(|_| is_number)?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::field_section::encode;
    use super::super::frame::headers;
    use super::*;
    use proptest::prelude::*;

    fn with_head(fields: &[(&str, &str)], rest: &[u8]) -> Vec<u8> {
        [&headers(&encode(fields)), rest].concat()
    }

    /// Reads a whole stream. Returns its head and the length of its body.
    fn read(stream: &[u8], step: usize) -> Result<(ResponseHead, u64), Violation> {
        let mut reader = ResponseReader::new();
        for mut part in stream.chunks(step.max(1)) {
            while reader.next(&mut part)?.is_some() {}
        }
        reader.finish()?;
        Ok((reader.head().unwrap().clone(), reader.received()))
    }

    #[test]
    fn a_response_has_a_head_a_body_and_trailers() {
        let early = with_head(&[(":status", "103"), ("link", "</x>")], &[]);
        let fields = [(":status", "200"), ("content-length", "3"), ("server", "x")];
        let trailers = headers(&encode(&[("x-sum", "1")]));
        let body = [&[0, 3, 1, 2, 3][..], &trailers].concat();
        let stream = [early, with_head(&fields, &body)].concat();
        let (head, received) = read(&stream, 1).unwrap();
        assert_eq!((head.status, head.len, received), (200, Some(3), 3));
        let moved = with_head(&[(":status", "302"), ("location", "/é")], &[]);
        assert_eq!(read(&moved, 9).unwrap().0.location.as_deref(), Some("/é"));
        let packed = with_head(&[(":status", "200"), ("content-encoding", "gzip")], &[]);
        assert_eq!(read(&packed, 9).unwrap().0.coding.as_deref(), Some("gzip"));
    }

    #[test]
    fn malformed_responses_are_refused() {
        let trailers = headers(&encode(&[]));
        let ok = [(":status", "200")];
        for (stream, error) in [
            (Vec::new(), Violation::NoHead),
            (with_head(&[(":status", "100")], &[]), Violation::NoHead),
            (vec![0, 1, 7], Violation::UnexpectedFrame(0)),
            (with_head(&[], &[]), Violation::MalformedHead),
            (
                with_head(&[("server", "x"), (":status", "200")], &[]),
                Violation::MalformedHead,
            ),
            (
                with_head(&[(":status", "99")], &[]),
                Violation::MalformedHead,
            ),
            (
                with_head(&[(":status", "+20")], &[]),
                Violation::MalformedHead,
            ),
            (
                with_head(&[(":status", "101")], &[]),
                Violation::MalformedHead,
            ),
            (with_head(&[(":path", "/")], &[]), Violation::MalformedHead),
            (
                with_head(&[(":status", "200"), ("X", "1")], &[]),
                Violation::MalformedHead,
            ),
            (
                with_head(&[(":status", "200"), ("x", "a\nb")], &[]),
                Violation::MalformedHead,
            ),
            (
                with_head(
                    &[
                        (":status", "200"),
                        ("content-length", "1"),
                        ("content-length", "2"),
                    ],
                    &[],
                ),
                Violation::MalformedHead,
            ),
            (with_head(&ok, &[0, 2, 7]), Violation::IncompleteFrame),
            (
                with_head(&ok, &[&trailers[..], &[0, 1, 7]].concat()),
                Violation::UnexpectedFrame(0),
            ),
            (
                with_head(&ok, &[&trailers[..], &trailers].concat()),
                Violation::UnexpectedFrame(1),
            ),
        ] {
            assert_eq!(read(&stream, 5), Err(error), "{stream:?}");
        }
    }

    proptest! {
        #[test]
        fn any_stream_is_read_or_refused(rest: Vec<u8>, step in 1_usize..40) {
            let stream = with_head(&[(":status", "200")], &rest);
            prop_assert_eq!(read(&stream, step), read(&stream, stream.len()));
            let _ = read(&rest, step);
        }
    }
}
