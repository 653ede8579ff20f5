//! Splits a stream into frames (RFC 9114, 7), as its bytes arrive.

use super::varint;
use super::violation::Violation;

/// Types of frames.
const DATA: u64 = 0x0;
const HEADERS: u64 = 0x1;
const SETTINGS: u64 = 0x4;
const GOAWAY: u64 = 0x7;
/// Types that a client never receives: `CANCEL_PUSH` and `PUSH_PROMISE`, as it allows no push, `MAX_PUSH_ID`,
/// and those of HTTP/2.
const FORBIDDEN: [u64; 7] = [0x2, 0x3, 0x5, 0x6, 0x8, 0x9, 0xD];

/// Longest payload of HEADERS, and of the frames of the control stream, in bytes.
const MAX_HEADERS: u64 = 64 << 10;
const MAX_CONTROL: u64 = 4 << 10;

/// The kind of a stream, which decides about its frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StreamKind {
    /// The stream of a request.
    Request,
    /// The control stream of the server.
    Control,
}

/// A piece of a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// The payload of a HEADERS frame.
    Headers(Vec<u8>),
    /// The SETTINGS of the server, which do not matter to a client without a dynamic table.
    Settings,
    /// The server accepts no further requests.
    GoAway,
    /// A part of the payload of a DATA frame, never empty.
    Data(&'a [u8]),
}

/// Reads the frames of one stream.
#[derive(Debug)]
pub(crate) struct FrameReader {
    kind: StreamKind,
    /// The type and the length of the next frame, as far as they have arrived.
    head: Vec<u8>,
    state: State,
    /// SETTINGS have arrived.
    is_settled: bool,
}

#[derive(Debug)]
enum State {
    Head,
    /// A frame that is kept until it is complete: its type, the bytes that are missing, and its payload.
    Kept(u64, u64, Vec<u8>),
    /// The bytes of a DATA frame that are missing.
    Data(u64),
    /// The bytes that are missing of a frame of unknown type.
    Skipped(u64),
}

impl FrameReader {
    /// Creates a reader for the begin of a stream.
    pub fn new(kind: StreamKind) -> Self {
        Self {
            kind,
            head: Vec::new(),
            state: State::Head,
            is_settled: false,
        }
    }

    /// Reads on in `input` and returns the next piece; `None` if it is not complete yet.
    ///
    /// # Errors
    /// A frame that may not stand here, or is too long.
    pub fn next<'a>(&mut self, input: &mut &'a [u8]) -> Result<Option<Piece<'a>>, Violation> {
        loop {
            if matches!(self.state, State::Head) && !self.read_head(input)? {
                return Ok(None);
            }
            match &mut self.state {
                State::Head => {}
                State::Data(0) | State::Skipped(0) => self.state = State::Head,
                State::Kept(kind, 0, payload) => {
                    let (kind, payload) = (*kind, std::mem::take(payload));
                    self.state = State::Head;
                    return complete(kind, payload).map(Some);
                }
                _ if input.is_empty() => return Ok(None),
                State::Data(left) => return Ok(Some(Piece::Data(take(input, left)))),
                State::Skipped(left) => drop(take(input, left)),
                State::Kept(_, left, payload) => payload.extend_from_slice(take(input, left)),
            }
        }
    }

    /// Returns whether the stream may end here.
    pub fn is_between_frames(&self) -> bool {
        self.head.is_empty()
            && matches!(self.state, State::Head | State::Data(0) | State::Skipped(0))
    }

    /// Reads the type and the length of a frame. Returns whether they are complete.
    fn read_head(&mut self, input: &mut &[u8]) -> Result<bool, Violation> {
        while let Some((first, rest)) = input.split_first() {
            self.head.push(*first);
            *input = rest;
            let kind = varint::read(&self.head);
            let len = kind.and_then(|(_, at)| varint::read(self.head.get(at..)?));
            if let (Some((kind, _)), Some((len, _))) = (kind, len) {
                self.head.clear();
                self.state = self.begin(kind, len)?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn begin(&mut self, kind: u64, len: u64) -> Result<State, Violation> {
        if self.kind == StreamKind::Control && !self.is_settled && kind != SETTINGS {
            return Err(Violation::MissingSettings);
        }
        let kept = |max| match len > max {
            true => Err(Violation::TooLong(max)),
            false => Ok(State::Kept(kind, len, Vec::new())),
        };
        match (self.kind, kind) {
            (StreamKind::Request, DATA) => Ok(State::Data(len)),
            (StreamKind::Request, HEADERS) => kept(MAX_HEADERS),
            (StreamKind::Control, SETTINGS) if !self.is_settled => {
                self.is_settled = true;
                kept(MAX_CONTROL)
            }
            (StreamKind::Control, GOAWAY) => kept(MAX_CONTROL),
            (_, DATA | HEADERS | SETTINGS | GOAWAY) => Err(Violation::UnexpectedFrame(kind)),
            _ if FORBIDDEN.contains(&kind) => Err(Violation::UnexpectedFrame(kind)),
            // Unknown types are for extensions (RFC 9114, 9).
            _ => Ok(State::Skipped(len)),
        }
    }
}

/// Takes what of a payload with `left` missing bytes is in `input`.
fn take<'a>(input: &mut &'a [u8], left: &mut u64) -> &'a [u8] {
    let len = usize::try_from(*left).map_or(input.len(), |left| left.min(input.len()));
    let (taken, rest) = input.split_at(len);
    *input = rest;
    *left -= len as u64;
    taken
}

fn complete<'a>(kind: u64, payload: Vec<u8>) -> Result<Piece<'a>, Violation> {
    match kind {
        HEADERS => Ok(Piece::Headers(payload)),
        GOAWAY => match varint::read(&payload) {
            Some((_, len)) if len == payload.len() => Ok(Piece::GoAway),
            _ => Err(Violation::IncompleteFrame),
        },
        _ => check_settings(&payload).map(|()| Piece::Settings),
    }
}

/// Checks that SETTINGS are pairs of integers.
fn check_settings(payload: &[u8]) -> Result<(), Violation> {
    let mut rest = payload;
    while !rest.is_empty() {
        for _ in 0..2 {
            let (_, len) = varint::read(rest).ok_or(Violation::IncompleteFrame)?;
            rest = &rest[len..];
        }
    }
    Ok(())
}

/// Returns the begin of the control stream of a client: its type, and SETTINGS with the largest size of a
/// response head. The dynamic table and blocked streams stay at their default, zero.
pub(crate) fn control_preface() -> Vec<u8> {
    const MAX_FIELD_SECTION_SIZE: u64 = 0x6;
    let mut settings = Vec::new();
    varint::write(MAX_FIELD_SECTION_SIZE, &mut settings);
    varint::write(super::field_section::MAX_FIELDS_LEN as u64, &mut settings);
    let mut stream = vec![0];
    append(SETTINGS, &settings, &mut stream);
    stream
}

/// Returns a HEADERS frame.
pub(crate) fn headers(section: &[u8]) -> Vec<u8> {
    let mut frame = Vec::new();
    append(HEADERS, section, &mut frame);
    frame
}

fn append(kind: u64, payload: &[u8], out: &mut Vec<u8>) {
    varint::write(kind, out);
    varint::write(payload.len() as u64, out);
    out.extend(payload);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Reads a stream that arrives in parts of `step` bytes; data is joined.
    fn read(kind: StreamKind, stream: &[u8], step: usize) -> (Result<String, Violation>, bool) {
        let mut reader = FrameReader::new(kind);
        let (mut found, mut data) = (String::new(), 0);
        for mut part in stream.chunks(step) {
            loop {
                match reader.next(&mut part) {
                    Ok(None) => break,
                    Ok(Some(Piece::Data(bytes))) => data += bytes.len(),
                    Ok(Some(other)) => found += &format!("{other:?} "),
                    Err(error) => return (Err(error), false),
                }
            }
        }
        (
            Ok(format!("{found}data {data}")),
            reader.is_between_frames(),
        )
    }

    #[test]
    fn frames_are_read_however_they_arrive() {
        // HEADERS, an unknown frame, an empty and a longer DATA frame.
        let stream = [1, 2, 7, 8, 0x21, 3, 0, 0, 0, 0, 0, 0, 5, 1, 2, 3, 4, 5];
        for step in 1..=stream.len() {
            let (found, is_complete) = read(StreamKind::Request, &stream, step);
            assert_eq!(found.unwrap(), "Headers([7, 8]) data 5");
            assert!(is_complete);
        }
        assert!(!read(StreamKind::Request, &stream[..17], 4).1);
        assert!(!read(StreamKind::Request, &stream[..1], 4).1);
        let (found, _) = read(StreamKind::Control, &[4, 2, 6, 7, 7, 1, 0], 1);
        assert_eq!(found.unwrap(), "Settings GoAway data 0");
        let (found, _) = read(StreamKind::Control, &control_preface()[1..], 1);
        assert_eq!(found.unwrap(), "Settings data 0");
    }

    #[test]
    fn frames_in_the_wrong_place_are_refused() {
        use StreamKind::{Control, Request};
        use Violation::{IncompleteFrame, MissingSettings, TooLong, UnexpectedFrame};
        for (kind, stream, error) in [
            (Request, &[4, 0][..], UnexpectedFrame(4)),
            (Request, &[5, 0], UnexpectedFrame(5)),
            (Request, &[2, 0], UnexpectedFrame(2)),
            (Request, &[1, 0x80, 1, 0, 1], TooLong(65_536)),
            (Control, &[0x21, 0], MissingSettings),
            (Control, &[4, 0, 0, 0], UnexpectedFrame(0)),
            (Control, &[4, 0, 4, 0], UnexpectedFrame(4)),
            (Control, &[4, 1, 6], IncompleteFrame),
            (Control, &[4, 0, 7, 2, 0, 0], IncompleteFrame),
            (Control, &[4, 0xBF, 0xFF, 0xFF, 0xFF], TooLong(4096)),
        ] {
            assert_eq!(read(kind, stream, 3).0, Err(error), "{stream:?}");
        }
    }

    proptest! {
        #[test]
        fn any_stream_is_read_alike_in_any_parts(stream: Vec<u8>, step in 1_usize..9, control: bool) {
            let kind = [StreamKind::Request, StreamKind::Control][usize::from(control)];
            prop_assert_eq!(read(kind, &stream, step), read(kind, &stream, stream.len().max(1)));
        }
    }
}
