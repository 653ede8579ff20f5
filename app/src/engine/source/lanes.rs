//! The Lanes protocol, client side: one TCP connection to a Lanes server.

mod catalogue;
pub(in crate::engine) mod session;

pub use catalogue::list;

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use lanes_shared::checksum::frame_checksum;
use lanes_shared::link::LinkProfile;
use lanes_shared::packet::DEFAULT_PACKET_LEN;
use lanes_shared::wire::{
    HEADER_LEN, Header, MAGIC, PACKET_ID_LEN, PacketHead, Refusal, Reply, Request, WireError, kind,
};

use super::ServerName;
use super::patience::Patience;
use super::tcp::{self, is_timeout, lost_reason};
use crate::engine::FetchError;

/// The preset that emulates nothing.
const OPEN_LINK: &str = "open-loopback";
/// Room for what one read of the socket brings: two packets of the usual length, with their heads. Long
/// enough that a read costs nothing beside the copying, short enough that its bytes are still in the
/// processor's cache when they are written.
const BUFFER_LEN: usize = 2 * (PacketHead::LEN + DEFAULT_PACKET_LEN as usize);
/// How long a message that is no packet may take from its first byte to its last: the longest takes
/// ten seconds over a modem.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(15);
/// As much of the server's words as anyone would read, in characters.
const MAX_WORDS: usize = 500;

/// Why a connection brings nothing more.
#[derive(Debug, thiserror::Error)]
pub enum ConnectionError {
    /// No connection could be made.
    #[error("nobody answers at {server}: {reason}. Is the server running?")]
    Connect {
        /// The server.
        server: ServerName,
        /// Why, in words.
        reason: String,
    },
    /// The connection was lost.
    #[error("the connection to the server was lost: {0}")]
    Lost(String),
    /// The server said no.
    #[error("{message}")]
    Refused {
        /// The kind of refusal.
        refusal: Refusal,
        /// The server's words.
        message: String,
    },
    /// The server sent what makes no sense.
    #[error("the server does not keep to the protocol: {0}")]
    Protocol(String),
    /// The bytes could not be kept.
    #[error("{0}")]
    Sink(FetchError),
}

impl From<WireError> for ConnectionError {
    fn from(error: WireError) -> Self {
        match error {
            WireError::Damaged(_) => Self::Lost(error.to_string()),
            _ => Self::Protocol(error.to_string()),
        }
    }
}

/// Takes what a connection brings, in the order in which it comes.
pub trait Sink {
    /// A reply other than a packet or a refusal.
    ///
    /// # Errors
    /// Any error ends the connection.
    fn reply(&mut self, reply: Reply) -> Result<(), ConnectionError>;

    /// A packet of `len` bytes begins.
    ///
    /// # Errors
    /// When the packet was not asked for.
    fn packet_begins(&mut self, id: u64, len: u32) -> Result<(), ConnectionError>;

    /// Bytes of the packet at hand, `at` bytes behind its beginning.
    ///
    /// # Errors
    /// When they cannot be kept.
    fn packet_bytes(&mut self, id: u64, at: u32, bytes: &[u8]) -> Result<(), ConnectionError>;

    /// The packet at hand is whole; `good` when its checksum is right.
    ///
    /// # Errors
    /// When it cannot be kept.
    fn packet_ends(&mut self, id: u64, good: bool) -> Result<(), ConnectionError>;

    /// Bytes of a plain stream.
    ///
    /// # Errors
    /// When they cannot be kept.
    fn stream_bytes(&mut self, bytes: &[u8]) -> Result<(), ConnectionError>;
}

/// What the next byte of the connection belongs to.
enum Expect {
    Message,
    Packet {
        head: PacketHead,
        at: u32,
        /// What it is to be in the end, and what it is of the bytes until now.
        checksum: u32,
        so_far: u32,
    },
    Stream {
        left: u64,
    },
}

/// One TCP connection to a Lanes server.
pub struct Connection {
    socket: TcpStream,
    /// When it was begun.
    since: Instant,
    buf: Box<[u8]>,
    filled: usize,
    expect: Expect,
    /// The length of the latest packet with its head, in bytes.
    frame_len: usize,
    patience: Patience,
    /// Since when a message is there in part.
    partly_since: Option<Instant>,
}

impl Connection {
    /// Makes the TCP connection. Each socket is shown to `watch` before it connects, so that
    /// another thread can shut it.
    ///
    /// # Errors
    /// [`ConnectionError::Connect`].
    pub fn open(
        server: &ServerName,
        mut watch: impl FnMut(&TcpStream),
    ) -> Result<Self, ConnectionError> {
        let refuse = |reason: String| ConnectionError::Connect {
            server: server.clone(),
            reason,
        };
        let addresses = (server.host.as_str(), server.port)
            .to_socket_addrs()
            .map_err(|_| refuse("no such host".into()))?;
        let since = Instant::now();
        let socket = tcp::connect(addresses, &mut watch).map_err(refuse)?;
        Self::over(socket, since).map_err(|error| refuse(error.to_string()))
    }

    fn over(socket: TcpStream, since: Instant) -> std::io::Result<Self> {
        let patience = Patience::default();
        socket.set_read_timeout(Some(patience.timeout()))?;
        let buf = vec![0; BUFFER_LEN].into_boxed_slice();
        Ok(Self {
            socket,
            since,
            buf,
            filled: 0,
            expect: Expect::Message,
            frame_len: BUFFER_LEN,
            patience,
            partly_since: None,
        })
    }

    /// The address of the server.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.socket.peer_addr().ok()
    }

    /// How long ago it was begun, the handshake included.
    pub fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// Sends requests in one write; the first of a connection begin with [`hello`].
    ///
    /// # Errors
    /// [`ConnectionError::Lost`], or the refusal that the server sent before it hung up.
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), ConnectionError> {
        self.socket
            .write_all(bytes)
            .map_err(|error| ConnectionError::Lost(lost_reason(&error)))
    }

    /// Waits for the server, once, and hands on all that came. Returns how many bytes did.
    ///
    /// # Errors
    /// Any [`ConnectionError`] but [`ConnectionError::Connect`].
    pub fn receive(&mut self, sink: &mut impl Sink) -> Result<usize, ConnectionError> {
        let asked = Instant::now();
        let len = loop {
            let most = self.most();
            match self.socket.read(&mut self.buf[self.filled..most]) {
                Ok(0) => return Err(ConnectionError::Lost("the server closed it".into())),
                Ok(len) => break len,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) if is_timeout(&error) => {
                    let waited = self.patience.timeout().as_secs_f64();
                    let reason = format!("no byte came for {waited:.0} s");
                    return Err(ConnectionError::Lost(reason));
                }
                Err(error) => return Err(ConnectionError::Lost(lost_reason(&error))),
            }
        };
        if let Some(timeout) = self.patience.waited(asked.elapsed()) {
            // If the system refuses, the timeout before it stays.
            let _ = self.socket.set_read_timeout(Some(timeout));
        }
        self.filled += len;
        self.hand_on(sink)?;
        self.check_message()?;
        Ok(len)
    }

    /// Up to where the buffer is filled at once: to the end of a packet, if all are as long as the latest.
    /// So packets come whole, and what is hashed and written begins at even places in the file. More than
    /// is in it already: a message that is there in part has room for all of it.
    fn most(&self) -> usize {
        let of_packet = match &self.expect {
            Expect::Packet { head, at, .. } => (head.len - at) as usize,
            Expect::Message => 0,
            Expect::Stream { .. } => BUFFER_LEN,
        };
        let room = BUFFER_LEN.saturating_sub(of_packet);
        match of_packet + room / self.frame_len * self.frame_len {
            0 => BUFFER_LEN,
            end => end.min(BUFFER_LEN),
        }
    }

    /// Byte by byte a message may bring the next one in time again and again.
    fn check_message(&mut self) -> Result<(), ConnectionError> {
        // Of anything else nothing is left over.
        if self.filled == 0 {
            self.partly_since = None;
            return Ok(());
        }
        let since = *self.partly_since.get_or_insert_with(Instant::now);
        if since.elapsed() > MESSAGE_TIMEOUT {
            let secs = MESSAGE_TIMEOUT.as_secs();
            let reason = format!("one message took longer than {secs} s");
            return Err(ConnectionError::Lost(reason));
        }
        Ok(())
    }

    /// Hands on every byte that can be understood; what is left is part of a message.
    fn hand_on(&mut self, sink: &mut impl Sink) -> Result<(), ConnectionError> {
        let mut at = 0;
        while at < self.filled {
            let bytes = &self.buf[at..self.filled];
            let used = match &mut self.expect {
                Expect::Message => {
                    let Some((used, next)) = message(bytes, sink)? else {
                        break;
                    };
                    if let Expect::Packet { head, .. } = &next {
                        self.frame_len = PacketHead::LEN + head.len as usize;
                    }
                    self.expect = next;
                    used
                }
                Expect::Packet {
                    head,
                    at: within,
                    checksum,
                    so_far,
                } => {
                    let piece = &bytes[..bytes.len().min((head.len - *within) as usize)];
                    *so_far = frame_checksum(*so_far, piece);
                    sink.packet_bytes(head.id, *within, piece)?;
                    *within += piece.len() as u32;
                    if *within == head.len {
                        sink.packet_ends(head.id, so_far == checksum)?;
                        self.expect = Expect::Message;
                    }
                    piece.len()
                }
                Expect::Stream { left } => {
                    let len = (*left).min(bytes.len() as u64);
                    sink.stream_bytes(&bytes[..len as usize])?;
                    *left -= len;
                    if *left == 0 {
                        self.expect = Expect::Message;
                    }
                    len as usize
                }
            };
            at += used;
            self.partly_since = None;
        }
        self.buf.copy_within(at..self.filled, 0);
        self.filled -= at;
        Ok(())
    }
}

/// Understands one message, or the head of a packet. `None` when more bytes are needed.
fn message(bytes: &[u8], sink: &mut impl Sink) -> Result<Option<(usize, Expect)>, ConnectionError> {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER_LEN>() else {
        return Ok(None);
    };
    let header = Header::parse(*header)?;
    if header.kind == kind::PACKET {
        let Some((id, _)) = rest.split_first_chunk::<PACKET_ID_LEN>() else {
            return Ok(None);
        };
        let head = PacketHead::parse(header, *id);
        sink.packet_begins(head.id, head.len)?;
        let expect = Expect::Packet {
            head,
            at: 0,
            checksum: header.checksum,
            so_far: head.checksum_start(),
        };
        return Ok(Some((PacketHead::LEN, expect)));
    }
    let Some((payload, _)) = rest.split_at_checked(header.len as usize) else {
        return Ok(None);
    };
    let expect = match Reply::decode(header, payload)? {
        Reply::Refused { refusal, message } => {
            let message = printable(&message);
            return Err(ConnectionError::Refused { refusal, message });
        }
        Reply::Streaming { len } => {
            sink.reply(Reply::Streaming { len })?;
            if len == 0 {
                Expect::Message
            } else {
                Expect::Stream { left: len }
            }
        }
        reply => {
            sink.reply(reply)?;
            Expect::Message
        }
    };
    Ok(Some((HEADER_LEN + header.len as usize, expect)))
}

/// A stranger's words as they can be shown and kept: short, and on one line.
fn printable(words: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    words.chars().take(MAX_WORDS).map(plain).collect()
}

/// The bytes that a connection begins with, for more requests to be appended.
///
/// `link` is the profile of the link to emulate; `None` leaves it to the server.
pub fn hello(session: [u8; 16], link: Option<&LinkProfile>) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    Request::Hello {
        session,
        // The open link as such is asked for by its name: no text would mean the server's own.
        link: link.map_or_else(String::new, |link| match link.is_open() {
            true => OPEN_LINK.to_owned(),
            false => link.to_toml(),
        }),
    }
    .encode(&mut out);
    out
}

/// A random session id.
pub fn session_id() -> [u8; 16] {
    use std::hash::{BuildHasher as _, RandomState};
    // Each RandomState has keys from the system's random numbers; nothing secret hangs on them.
    let half = || RandomState::new().hash_one(Instant::now()).to_le_bytes();
    let mut id = [0; 16];
    id[..8].copy_from_slice(&half());
    id[8..].copy_from_slice(&half());
    id
}

/// The server sent something that nobody asked for.
pub(super) fn unasked() -> ConnectionError {
    ConnectionError::Protocol("it sent what was not asked for".into())
}
