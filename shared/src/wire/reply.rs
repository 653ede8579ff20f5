//! What a server answers.

use super::cursor::{Reader, put_text};
use super::frame::put_frame as frame;
use super::{Header, Refusal, VERSION, WireError, kind};
use crate::catalog::Entry;
use crate::checksum::Digest;

/// What a server answers. Packets are not among these: see [`super::PacketHeader`].
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

impl Reply {
    /// How many bytes one catalogue entry takes in a page.
    pub fn entry_len(entry: &Entry) -> usize {
        2 + entry.name.len() + 8 + 8
    }

    /// Appends the message to `out`, header included. A catalogue page must have been cut so that
    /// its entries fit [`MAX_MESSAGE_LEN`](super::MAX_MESSAGE_LEN) together with three bytes.
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

    /// Reads the reply behind this header.
    ///
    /// # Errors
    /// When the message was damaged on its way, the kind is no reply, or the payload is not exactly one such
    /// message.
    pub fn decode(header: Header, payload: &[u8]) -> Result<Self, WireError> {
        let r = &mut Reader::new(header, payload)?;
        let kind = header.kind;
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

fn put_digest(out: &mut Vec<u8>, digest: Option<Digest>) {
    out.push(digest.is_some().into());
    if let Some(Digest(bytes)) = digest {
        out.extend_from_slice(&bytes);
    }
}

fn digest(r: &mut Reader<'_>) -> Result<Option<Digest>, WireError> {
    r.flag("digest")?.then(|| r.array().map(Digest)).transpose()
}
