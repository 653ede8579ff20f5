//! What a client asks.

use super::cursor::{Reader, put_text};
use super::frame::put_frame as frame;
use super::{Header, VERSION, WireError, kind};

/// What a client asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// The first message, behind the magic bytes.
    Hello {
        /// Random; the connections of one download share it, and with it one emulated link.
        session: [u8; 16],
        /// The link profile to emulate, as TOML; empty for none.
        link: String,
    },
    /// The next page of the catalogue.
    List {
        /// Only names behind this one; empty for the first page.
        after: String,
    },
    /// From now on this file is meant.
    Open {
        /// Its name in the catalogue.
        name: String,
        /// The length of its packets in bytes.
        packet_len: u32,
    },
    /// Send a run of packets.
    Run(RunRequest),
    /// Send the beginning of one of `of` equal segments, before the length is known.
    Segment {
        /// Which segment.
        index: u16,
        /// Of how many.
        count: u16,
        /// At most this many bytes, rounded down to whole packets, but one packet at least.
        limit: u64,
        /// In which order.
        order: Order,
    },
    /// Send the whole file from `offset` as plain bytes.
    Stream {
        /// Where to begin, in bytes.
        offset: u64,
    },
    /// Say the file's digest when it is known.
    Digest,
    /// Say how the session's emulated link did.
    LinkReport,
}

/// In which order the packets of a run are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// By rising packet id.
    InOrder,
    /// As [`crate::shuffle::Shuffle`] with this seed orders the run.
    Shuffled(u64),
}

/// A run of packets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunRequest {
    /// The first packet's id.
    pub first: u64,
    /// How many packets.
    pub count: u64,
    /// In which order.
    pub order: Order,
}

impl Request {
    /// Appends the message to `out`, header included.
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
        }
    }

    /// Reads the request behind this header.
    ///
    /// # Errors
    /// When the message was damaged on its way, the kind is no request, or the payload is not exactly one such
    /// message.
    pub fn decode(header: Header, payload: &[u8]) -> Result<Self, WireError> {
        let r = &mut Reader::new(header, payload)?;
        let kind = header.kind;
        let request = match kind {
            kind::HELLO => {
                // The version first: what follows it may look different in another one.
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
                    return Err(r.wrong("segment index"));
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
