//! The messages: what a client asks and what a server answers.

use super::cursor::{Reader, put_text};
use super::{HEADER_LEN, Header, MAX_MESSAGE_LEN, VERSION, WireError, kind};
use crate::catalog::Entry;
use crate::checksum::Digest;

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
pub struct RunAsk {
    /// The first packet's id.
    pub first: u64,
    /// How many packets.
    pub count: u64,
    /// In which order.
    pub order: Order,
}

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
    Run(RunAsk),
    /// Send the beginning of one of `of` equal segments, before the length is known.
    Share {
        /// Which segment.
        index: u16,
        /// Of how many.
        of: u16,
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

/// What the opened file is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Length in bytes.
    pub len: u64,
    /// Length of its packets in bytes, as asked for.
    pub packet_len: u32,
    /// Modification time in seconds since 1970; 0 when the file has none.
    pub modified_secs: i64,
    /// Nanoseconds of the modification time, below 10^9.
    pub modified_nanos: u32,
    /// Its digest, when the server has computed it already.
    pub digest: Option<Digest>,
}

/// How the emulated link of a session did so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinkReport {
    /// 99 of 100 times bytes were sent no later than this after the link would have brought them,
    /// in microseconds.
    pub lateness_p99_us: u64,
    /// Packets that found the bottleneck's buffer full, those of background flows among them.
    pub dropped: u64,
    /// Packets of this session that were lost, at random or dropped.
    pub lost: u64,
}

/// Why a server says no.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub enum Refusal {
    /// There is no such file. The connection stays open, another name may be asked.
    NoSuchFile = 1,
    /// The server serves as many connections as it will.
    TooManyConnections = 2,
    /// The request makes no sense here.
    BadRequest = 3,
    /// The server does not speak the client's version.
    Version = 4,
    /// The file changed while it was being sent.
    Changed = 5,
    /// The server cannot read the file.
    Unreadable = 6,
    /// The server is being stopped.
    Stopping = 7,
}

impl Refusal {
    fn from_code(code: u16) -> Option<Self> {
        use Refusal::{
            BadRequest, Changed, NoSuchFile, Stopping, TooManyConnections, Unreadable, Version,
        };
        [
            NoSuchFile,
            TooManyConnections,
            BadRequest,
            Version,
            Changed,
            Unreadable,
            Stopping,
        ]
        .into_iter()
        .find(|refusal| *refusal as u16 == code)
    }
}

/// What a server answers. Packets are not among these: see [`super::PacketHead`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The hello was understood.
    Welcome {
        /// The server's name and version, for people.
        software: String,
    },
    /// A page of the catalogue, sorted by name.
    Catalogue {
        /// The files.
        entries: Vec<Entry>,
        /// Whether more follow behind the last of these.
        more: bool,
    },
    /// The file is open.
    Opened(Opened),
    /// `len` plain bytes follow this message.
    Streaming {
        /// How many bytes.
        len: u64,
    },
    /// The file's digest, or how far the server has come with it.
    DigestIs {
        /// The digest, once known.
        digest: Option<Digest>,
        /// Bytes hashed so far.
        hashed: u64,
    },
    /// How the session's link did; all zero where none is emulated.
    LinkReport(LinkReport),
    /// No.
    Refused {
        /// The kind of refusal.
        refusal: Refusal,
        /// In words, for people.
        message: String,
    },
}

/// Writes a frame: the header, then what `fill` appends.
fn frame(out: &mut Vec<u8>, kind: u8, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; HEADER_LEN]);
    fill(out);
    let len = (out.len() - start - HEADER_LEN) as u32;
    debug_assert!(len <= MAX_MESSAGE_LEN, "a message of {len} bytes");
    out[start..start + HEADER_LEN].copy_from_slice(&Header { kind, len }.to_bytes());
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

fn put_digest(out: &mut Vec<u8>, digest: Option<Digest>) {
    out.push(digest.is_some().into());
    if let Some(Digest(bytes)) = digest {
        out.extend_from_slice(&bytes);
    }
}

fn digest(r: &mut Reader<'_>) -> Result<Option<Digest>, WireError> {
    r.flag("digest")?.then(|| r.array().map(Digest)).transpose()
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
            Self::Share {
                index,
                of,
                limit,
                order,
            } => frame(out, kind::SHARE, |out| {
                out.extend_from_slice(&index.to_le_bytes());
                out.extend_from_slice(&of.to_le_bytes());
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

    /// Reads the payload of a request of this kind.
    ///
    /// # Errors
    /// When the kind is no request, or the payload is not exactly one such message.
    pub fn decode(kind: u8, payload: &[u8]) -> Result<Self, WireError> {
        let r = &mut Reader {
            kind,
            rest: payload,
        };
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
            kind::RUN => Self::Run(RunAsk {
                first: r.u64()?,
                count: r.u64()?,
                order: order(r)?,
            }),
            kind::SHARE => {
                let (index, of, limit) = (r.u16()?, r.u16()?, r.u64()?);
                if index >= of {
                    return Err(r.wrong("segment index"));
                }
                Self::Share {
                    index,
                    of,
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

impl Reply {
    /// How many bytes one catalogue entry takes in a page.
    pub fn entry_len(entry: &Entry) -> usize {
        2 + entry.name.len() + 8 + 8
    }

    /// Appends the message to `out`, header included. A catalogue page must have been cut so that
    /// its entries fit [`MAX_MESSAGE_LEN`] together with three bytes.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Welcome { software } => frame(out, kind::WELCOME, |out| {
                out.extend_from_slice(&VERSION.to_le_bytes());
                put_text(out, software);
            }),
            Self::Catalogue { entries, more } => frame(out, kind::CATALOGUE, |out| {
                out.push((*more).into());
                out.extend_from_slice(&(entries.len() as u16).to_le_bytes());
                for entry in entries {
                    out.extend_from_slice(&entry.len.to_le_bytes());
                    out.extend_from_slice(&entry.modified_secs.to_le_bytes());
                    put_text(out, &entry.name);
                }
            }),
            Self::Opened(opened) => frame(out, kind::OPENED, |out| {
                out.extend_from_slice(&opened.len.to_le_bytes());
                out.extend_from_slice(&opened.packet_len.to_le_bytes());
                out.extend_from_slice(&opened.modified_secs.to_le_bytes());
                out.extend_from_slice(&opened.modified_nanos.to_le_bytes());
                put_digest(out, opened.digest);
            }),
            Self::Streaming { len } => {
                frame(out, kind::STREAMING, |out| {
                    out.extend_from_slice(&len.to_le_bytes());
                });
            }
            Self::DigestIs { digest, hashed } => frame(out, kind::DIGEST_IS, |out| {
                out.extend_from_slice(&hashed.to_le_bytes());
                put_digest(out, *digest);
            }),
            Self::LinkReport(report) => frame(out, kind::LINK_REPORT_IS, |out| {
                out.extend_from_slice(&report.lateness_p99_us.to_le_bytes());
                out.extend_from_slice(&report.dropped.to_le_bytes());
                out.extend_from_slice(&report.lost.to_le_bytes());
            }),
            Self::Refused { refusal, message } => frame(out, kind::REFUSED, |out| {
                out.extend_from_slice(&(*refusal as u16).to_le_bytes());
                put_text(out, message);
            }),
        }
    }

    /// Reads the payload of a reply of this kind.
    ///
    /// # Errors
    /// When the kind is no reply, or the payload is not exactly one such message.
    pub fn decode(kind: u8, payload: &[u8]) -> Result<Self, WireError> {
        let r = &mut Reader {
            kind,
            rest: payload,
        };
        let reply = match kind {
            kind::WELCOME => {
                let version = r.u16()?;
                if version != VERSION {
                    return Err(WireError::Version(version));
                }
                Self::Welcome {
                    software: r.text("software name")?,
                }
            }
            kind::CATALOGUE => {
                let more = r.flag("continuation")?;
                let count = r.u16()?;
                // An entry takes 18 bytes at least, so a false count ends before it costs memory.
                let entries = (0..count).map(|_| entry(r)).collect::<Result<_, _>>()?;
                Self::Catalogue { entries, more }
            }
            kind::OPENED => {
                let opened = Opened {
                    len: r.u64()?,
                    packet_len: r.u32()?,
                    modified_secs: r.i64()?,
                    modified_nanos: r.u32()?,
                    digest: digest(r)?,
                };
                if opened.modified_nanos >= 1_000_000_000 {
                    return Err(r.wrong("modification time"));
                }
                Self::Opened(opened)
            }
            kind::STREAMING => Self::Streaming { len: r.u64()? },
            kind::DIGEST_IS => Self::DigestIs {
                hashed: r.u64()?,
                digest: digest(r)?,
            },
            kind::LINK_REPORT_IS => Self::LinkReport(LinkReport {
                lateness_p99_us: r.u64()?,
                dropped: r.u64()?,
                lost: r.u64()?,
            }),
            kind::REFUSED => Self::Refused {
                refusal: Refusal::from_code(r.u16()?).ok_or_else(|| r.wrong("refusal"))?,
                message: r.text("message")?,
            },
            _ => return Err(WireError::UnknownKind(kind)),
        };
        r.end()?;
        Ok(reply)
    }
}

fn entry(r: &mut Reader<'_>) -> Result<Entry, WireError> {
    Ok(Entry {
        len: r.u64()?,
        modified_secs: r.i64()?,
        name: r.text("name")?,
    })
}
