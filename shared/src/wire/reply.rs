//! Replies of the server.

use super::cursor::{Reader, put_text};
use super::frame::put_frame as frame;
use super::{Header, Refusal, VERSION, WireError, kind};
use crate::catalog::Entry;
use crate::checksum::Digest;

/// A reply of the server. Packets are parsed separately: see [`super::PacketHeader`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The hello was accepted.
    Welcome {
        /// Name and version of the server, for display.
        software: String,
    },
    /// A page of the catalogue, sorted by name.
    Catalogue {
        /// Files of this page.
        entries: Vec<Entry>,
        /// More files follow the last of these.
        more: bool,
    },
    /// The file is open.
    Opened(Opened),
    /// `len` plain bytes follow this message.
    Streaming {
        /// Number of bytes.
        len: u64,
    },
    /// Digest of the file, or the progress of hashing it.
    DigestIs {
        /// The digest; `None` until it is known.
        digest: Option<Digest>,
        /// Bytes hashed so far.
        hashed: u64,
    },
    /// Accuracy of the session's link emulation; all zero without emulation.
    LinkReport(LinkReport),
    /// The result of an experiment is kept.
    ResultKept {
        /// It replaced an equal one, as when it is sent twice.
        is_replaced: bool,
        /// Number of results that the server keeps now.
        kept: u32,
    },
    /// The request was refused.
    Refused {
        /// Reason.
        refusal: Refusal,
        /// Details, for display.
        message: String,
    },
}

/// Properties of the opened file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Length in bytes.
    pub len: u64,
    /// Length of its packets in bytes, as requested.
    pub packet_len: u32,
    /// Modification time in seconds since 1970; 0 when unknown.
    pub modified_secs: i64,
    /// Nanoseconds of the modification time, below 10^9.
    pub modified_nanos: u32,
    /// Digest, if the server has already computed it.
    pub digest: Option<Digest>,
}

/// Statistics of a session's emulated link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinkReport {
    /// 99th percentile of the delay between the time at which the link would have delivered bytes
    /// and the time at which they were sent, in microseconds.
    pub lateness_p99_us: u64,
    /// Packets dropped because the bottleneck's buffer was full, including those of background
    /// flows.
    pub dropped: u64,
    /// Packets of this session that were lost, at random or dropped.
    pub lost: u64,
}

impl Reply {
    /// Returns the encoded length of a catalogue entry, in bytes.
    pub fn entry_len(entry: &Entry) -> usize {
        2 + entry.name.len() + 8 + 8
    }

    /// Appends the encoded message, header included, to `out`. The entries of a catalogue page must
    /// fit [`MAX_MESSAGE_LEN`](super::MAX_MESSAGE_LEN) minus three bytes.
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
            Self::ResultKept { is_replaced, kept } => frame(out, kind::RESULT_KEPT, |out| {
                out.push((*is_replaced).into());
                out.extend_from_slice(&kept.to_le_bytes());
            }),
            Self::Refused { refusal, message } => frame(out, kind::REFUSED, |out| {
                out.extend_from_slice(&(*refusal as u16).to_le_bytes());
                put_text(out, message);
            }),
        }
    }

    /// Decodes the reply that follows `header`.
    ///
    /// # Errors
    /// [`WireError::ChecksumMismatch`] for a corrupted message, [`WireError::UnknownKind`] when it
    /// is not a reply, another variant when the payload is not exactly one message of its kind.
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
                // An entry takes at least 18 bytes, so a wrong count fails before it allocates
                // memory.
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
                    return Err(r.invalid("modification time"));
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
            kind::RESULT_KEPT => Self::ResultKept {
                is_replaced: r.flag("replacement")?,
                kept: r.u32()?,
            },
            kind::REFUSED => Self::Refused {
                refusal: Refusal::from_code(r.u16()?).ok_or_else(|| r.invalid("refusal"))?,
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
