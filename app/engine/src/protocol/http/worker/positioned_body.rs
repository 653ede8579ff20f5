//! The body of a response that is being read, and the byte range of the file that it fills.

use std::ops::Range;
use std::time::Instant;

use crate::protocol::http::client::body_reader::BodyReader;

/// The body of a response, or the rest of one.
pub(super) struct PositionedBody {
    pub body: BodyReader,
    /// The bytes of the file that it contains.
    pub bytes: Range<u64>,
    /// Bytes of the file that are there before the first missing one. They are compared as far as the response
    /// contains them.
    pub present: Range<u64>,
    /// The bytes that the connection claims before the first missing one: the beginning of its packet, which
    /// is in the file.
    pub begun: Option<u64>,
    /// The end of the bytes that the connection has claimed already.
    pub claimed: Option<u64>,
    /// The silence before this rest, if it is read on.
    pub silence: Option<Silence>,
}

/// The time since the last byte of a response.
#[derive(Debug, Clone, Copy)]
pub(super) struct Silence {
    /// Time of the last byte.
    pub since: Instant,
    /// Second requests since then.
    pub tries: u32,
}

impl PositionedBody {
    /// Creates a response that contains `bytes`, of which those up to the end of `present` are there.
    pub fn new(body: BodyReader, bytes: Range<u64>, present: Range<u64>) -> Self {
        Self {
            body,
            bytes,
            present,
            begun: None,
            claimed: None,
            silence: None,
        }
    }
}

/// A response in which nothing arrives any more.
pub(super) struct StalledBody {
    pub body: BodyReader,
    /// The bytes of the file that are missing of the response.
    pub bytes: Range<u64>,
    /// The end of the bytes that the connection has claimed.
    pub claimed: u64,
    pub silence: Silence,
}

impl StalledBody {
    /// Returns the response, to be read on.
    pub fn into_incoming(self) -> PositionedBody {
        let at = self.bytes.start;
        PositionedBody {
            claimed: Some(self.claimed),
            silence: Some(self.silence),
            ..PositionedBody::new(self.body, self.bytes, at..at)
        }
    }
}
