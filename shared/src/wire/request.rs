//! Requests of the client.

use super::class_result;
use super::cursor::{Reader, put_text};
use super::frame::put_frame as frame;
use super::{Header, VERSION, WireError, kind};
use crate::class_result::ClassResult;

/// A request of the client.
///
/// ```
/// use lanes_shared::wire::{HEADER_LEN, Header, Order, Request, RunRequest};
///
/// let request = Request::Run(RunRequest {
///     first: 16,
///     count: 4,
///     order: Order::InOrder,
/// });
/// let mut frame = Vec::new();
/// request.encode(&mut frame);
///
/// let (header, payload) = frame.split_first_chunk::<HEADER_LEN>().unwrap();
/// let header = Header::parse(*header)?;
/// assert_eq!(header.len as usize, payload.len());
/// assert_eq!(Request::decode(header, payload)?, request);
/// # Ok::<(), lanes_shared::wire::WireError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// The first message, after the magic bytes.
    Hello {
        /// Random session id. The connections of one download share it, and with it one emulated
        /// link.
        session: [u8; 16],
        /// Profile of the link to emulate, as TOML; empty for none.
        link: String,
    },
    /// Requests the next page of the catalogue.
    List {
        /// List only names after this one; empty for the first page.
        after: String,
    },
    /// Opens a file for the requests that follow.
    Open {
        /// Name in the catalogue.
        name: String,
        /// Length of its packets, in bytes.
        packet_len: u32,
    },
    /// Requests a run of packets.
    Run(RunRequest),
    /// Requests the start of one of `count` equal segments, before the length of the file is known.
    Segment {
        /// Index of the segment.
        index: u16,
        /// Total number of segments.
        count: u16,
        /// Maximum number of bytes, rounded down to whole packets, but at least one packet.
        limit: u64,
        /// Order of the packets.
        order: Order,
    },
    /// Requests the file from `offset` to its end as plain bytes.
    Stream {
        /// First byte.
        offset: u64,
    },
    /// Requests the digest of the file; the server replies once it is known.
    Digest,
    /// Requests statistics of the session's emulated link.
    LinkReport,
    /// Asks the server to keep the result of an experiment for its class.
    Result(Box<ClassResult>),
}

/// Order in which the packets of a run are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By ascending packet id.
    InOrder,
    /// In the order of [`crate::shuffle::Shuffle`] with this seed.
    Shuffled(u64),
}

/// A run of packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunRequest {
    /// Id of the first packet.
    pub first: u64,
    /// Number of packets.
    pub count: u64,
    /// Order of the packets.
    pub order: Order,
}

impl Request {
    /// Appends the encoded message, header included, to `out`.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Hello { session, link } => frame(out, kind::HELLO, |out| {
                out.extend_from_slice(&VERSION.to_le_bytes());
                out.extend_from_slice(session);
                put_text(out, link);
            }),
            Self::List { after } => frame(out, kind::LIST, |out| put_text(out, after)),
            Self::Open { name, packet_len } => frame(out, kind::OPEN, |out| {
                out.extend_from_slice(&packet_len.to_le_bytes());
                put_text(out, name);
            }),
            Self::Run(run) => frame(out, kind::RUN, |out| {
                out.extend_from_slice(&run.first.to_le_bytes());
                out.extend_from_slice(&run.count.to_le_bytes());
                put_order(out, run.order);
            }),
            Self::Segment {
                index,
                count,
                limit,
                order,
            } => frame(out, kind::SEGMENT, |out| {
                out.extend_from_slice(&index.to_le_bytes());
                out.extend_from_slice(&count.to_le_bytes());
                out.extend_from_slice(&limit.to_le_bytes());
                put_order(out, *order);
            }),
            Self::Stream { offset } => {
                frame(out, kind::STREAM, |out| {
                    out.extend_from_slice(&offset.to_le_bytes());
                });
            }
            Self::Digest => frame(out, kind::DIGEST, |_| {}),
            Self::LinkReport => frame(out, kind::LINK_REPORT, |_| {}),
            Self::Result(result) => frame(out, kind::RESULT, |out| {
                class_result::put(out, result);
            }),
        }
    }

    /// Decodes the request that follows `header`.
    ///
    /// # Errors
    /// [`WireError::ChecksumMismatch`] for a corrupted message, [`WireError::Version`] for a hello
    /// of another version, [`WireError::UnknownKind`] when it is not a request, another variant
    /// when the payload is not exactly one message of its kind.
    pub fn decode(header: Header, payload: &[u8]) -> Result<Self, WireError> {
        let r = &mut Reader::new(header, payload)?;
        let kind = header.kind;
        let request = match kind {
            kind::HELLO => {
                // The version comes first, because the fields after it may differ in another
                // version.
                let version = r.u16()?;
                if version != VERSION {
                    return Err(WireError::Version(version));
                }
                Self::Hello {
                    session: r.array()?,
                    link: r.text("link profile")?,
                }
            }
            kind::LIST => Self::List {
                after: r.text("name")?,
            },
            kind::OPEN => Self::Open {
                packet_len: r.u32()?,
                name: r.text("name")?,
            },
            kind::RUN => Self::Run(RunRequest {
                first: r.u64()?,
                count: r.u64()?,
                order: order(r)?,
            }),
            kind::SEGMENT => {
                let (index, count, limit) = (r.u16()?, r.u16()?, r.u64()?);
                if index >= count {
                    return Err(r.invalid("segment index"));
                }
                Self::Segment {
                    index,
                    count,
                    limit,
                    order: order(r)?,
                }
            }
            kind::STREAM => Self::Stream { offset: r.u64()? },
            kind::DIGEST => Self::Digest,
            kind::LINK_REPORT => Self::LinkReport,
            kind::RESULT => Self::Result(Box::new(class_result::read(r)?)),
            _ => return Err(WireError::UnknownKind(kind)),
        };
        r.end()?;
        Ok(request)
    }
}

fn put_order(out: &mut Vec<u8>, order: Order) {
    let (flag, seed) = match order {
        Order::InOrder => (0, 0),
        Order::Shuffled(seed) => (1, seed),
    };
    out.push(flag);
    out.extend_from_slice(&seed.to_le_bytes());
}

fn order(r: &mut Reader<'_>) -> Result<Order, WireError> {
    let shuffled = r.flag("order")?;
    let seed = r.u64()?;
    Ok(if shuffled {
        Order::Shuffled(seed)
    } else {
        Order::InOrder
    })
}
