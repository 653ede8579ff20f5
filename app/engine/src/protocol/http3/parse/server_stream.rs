//! Reads the unidirectional streams that a server opens (RFC 9114, 6.2).

use super::frame::{FrameReader, StreamKind};
use super::varint;
use super::violation::Violation;

/// Types of streams.
const CONTROL: u64 = 0x0;
const PUSH: u64 = 0x1;
const ENCODER: u64 = 0x2;
const DECODER: u64 = 0x3;

/// The types that a server has opened so far.
#[derive(Debug, Default)]
pub(crate) struct OpenedTypes(Vec<u64>);

impl OpenedTypes {
    /// Records a stream of a type that may be opened once.
    fn open(&mut self, kind: u64) -> Result<(), Violation> {
        if self.0.contains(&kind) {
            return Err(Violation::ControlStream);
        }
        self.0.push(kind);
        Ok(())
    }
}

/// One stream.
#[derive(Debug)]
pub(crate) enum ServerStream {
    /// Its type, as far as it has arrived.
    Type(Vec<u8>),
    /// The control stream.
    Control(FrameReader),
    /// A stream of QPACK. Without a dynamic table it carries nothing that counts.
    Qpack,
    /// A stream of unknown type, which is for extensions.
    Unknown,
}

impl ServerStream {
    /// Creates the state of a new stream.
    pub fn new() -> Self {
        Self::Type(Vec::new())
    }

    /// Reads the next bytes.
    ///
    /// # Errors
    /// The [`Violation`] of the server.
    pub fn read(&mut self, mut bytes: &[u8], opened: &mut OpenedTypes) -> Result<(), Violation> {
        while let (Self::Type(head), Some((first, rest))) = (&mut *self, bytes.split_first()) {
            head.push(*first);
            bytes = rest;
            let Some((kind, _)) = varint::read(head) else {
                continue;
            };
            *self = match kind {
                CONTROL => Self::Control(FrameReader::new(StreamKind::Control)),
                PUSH => return Err(Violation::Push),
                ENCODER | DECODER => Self::Qpack,
                _ => Self::Unknown,
            };
            if kind <= DECODER {
                opened.open(kind)?;
            }
        }
        if let Self::Control(frames) = self {
            while frames.next(&mut bytes)?.is_some() {}
        }
        Ok(())
    }

    /// Checks that the stream may end.
    ///
    /// # Errors
    /// [`Violation::ControlStream`].
    pub fn finish(&self) -> Result<(), Violation> {
        match self {
            Self::Control(_) | Self::Qpack => Err(Violation::ControlStream),
            Self::Type(_) | Self::Unknown => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(streams: &[&[u8]]) -> Result<(), Violation> {
        let mut opened = OpenedTypes::default();
        for bytes in streams {
            let mut stream = ServerStream::new();
            for part in bytes.chunks(1) {
                stream.read(part, &mut opened)?;
            }
        }
        Ok(())
    }

    #[test]
    fn a_server_opens_each_of_its_streams_once() {
        let control: &[u8] = &[0, 4, 2, 1, 0, 7, 1, 0];
        assert_eq!(
            read(&[control, &[2, 0x20], &[3], &[0x40, 0x54, 9], &[0x40, 0x54]]),
            Ok(())
        );
        assert_eq!(read(&[control, control]), Err(Violation::ControlStream));
        assert_eq!(read(&[&[2], &[2]]), Err(Violation::ControlStream));
        assert_eq!(read(&[&[1, 0]]), Err(Violation::Push));
        assert_eq!(read(&[&[0, 7, 1, 0]]), Err(Violation::MissingSettings));
        let mut stream = ServerStream::new();
        assert_eq!(stream.finish(), Ok(()));
        stream.read(control, &mut OpenedTypes::default()).unwrap();
        assert_eq!(stream.finish(), Err(Violation::ControlStream));
    }

    proptest! {
        #[test]
        fn any_streams_are_read_or_refused(streams: Vec<Vec<u8>>) {
            let streams: Vec<&[u8]> = streams.iter().map(Vec::as_slice).collect();
            let _ = read(&streams);
        }
    }
}
