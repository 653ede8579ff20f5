//! One TCP connection to a Lanes server: sends requests, decodes what arrives, and passes it to a
//! [`Sink`] in order.
//!
//! A packet's bytes are passed on as they arrive, before its checksum is known. A read ends at the
//! end of a packet if all are as long as the latest one, so that writes and hashes begin at packet
//! boundaries: fewer writes, and none touches a page of the file that another one touches too.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs as _};
use std::time::{Duration, Instant};

use lanes_shared::checksum::frame_checksum;
use lanes_shared::link::LinkProfile;
use lanes_shared::packet::DEFAULT_PACKET_LEN;
use lanes_shared::wire::{
    HEADER_LEN, Header, MAGIC, PACKET_ID_LEN, PacketHeader, Reply, Request, kind,
};

use crate::model::source_url::ServerName;
use crate::model::way::WayName;
use crate::protocol::error::{ConnectError, ConnectionError, Disconnect, ProtocolViolation};
use crate::protocol::net::idle_timeout::IdleTimeout;
use crate::protocol::net::tcp;

/// The preset that emulates no link.
const OPEN_LINK: &str = "open-loopback";
/// Length of the receive buffer in bytes: two packets of the default length with their heads. Long
/// enough that a read is cheap compared with the copying, short enough that its bytes are still in
/// the processor's cache when they are written.
const BUFFER_LEN: usize = 2 * (PacketHeader::LEN + DEFAULT_PACKET_LEN as usize);
/// Time limit for a message other than a packet, from its first byte to its last. The longest one
/// takes ten seconds over a modem.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(15);
/// Limit of the server's messages to the user, in characters.
const MAX_MESSAGE_CHARS: usize = 500;

/// Receives what a connection decodes, in the order of arrival. A sink that requests no bytes of files needs
/// [`Self::reply`] alone.
pub(crate) trait Sink {
    /// Handles a reply other than a packet or a refusal.
    ///
    /// # Errors
    /// Any error ends the connection.
    fn reply(&mut self, reply: Reply) -> Result<(), ConnectionError>;

    /// Begins a packet of `len` bytes.
    ///
    /// # Errors
    /// [`ConnectionError::Protocol`] if the packet was not requested.
    fn packet_begins(&mut self, _id: u64, _len: u32) -> Result<(), ConnectionError> {
        Err(ProtocolViolation::Unrequested.into())
    }

    /// Handles bytes of the current packet, which begin `at` bytes after its start.
    ///
    /// # Errors
    /// [`ConnectionError::Sink`] if they cannot be stored.
    fn packet_bytes(&mut self, _id: u64, _at: u32, _bytes: &[u8]) -> Result<(), ConnectionError> {
        Err(ProtocolViolation::Unrequested.into())
    }

    /// Ends the current packet; `good` if its checksum matches.
    ///
    /// # Errors
    /// [`ConnectionError::Sink`] if it cannot be stored.
    fn packet_ends(&mut self, _id: u64, _good: bool) -> Result<(), ConnectionError> {
        Err(ProtocolViolation::Unrequested.into())
    }

    /// Handles bytes of a plain stream.
    ///
    /// # Errors
    /// [`ConnectionError::Sink`] if they cannot be stored.
    fn stream_bytes(&mut self, _bytes: &[u8]) -> Result<(), ConnectionError> {
        Err(ProtocolViolation::Unrequested.into())
    }
}

/// The unit that the next byte belongs to.
enum Expect {
    Message,
    Packet {
        head: PacketHeader,
        at: u32,
        /// The checksum in the header.
        checksum: u32,
        /// The checksum of the bytes received so far.
        computed: u32,
    },
    Stream {
        left: u64,
    },
}

/// A TCP connection to a Lanes server.
pub(crate) struct Connection {
    socket: TcpStream,
    /// Start of the connect.
    since: Instant,
    buf: Box<[u8]>,
    filled: usize,
    expect: Expect,
    /// Length of the latest packet with its head, in bytes.
    frame_len: usize,
    idle: IdleTimeout,
    /// Arrival of the first byte of an incomplete message.
    partial_since: Option<Instant>,
}

impl Connection {
    /// Connects to `server` within `limit`, over `way` if one is chosen. Passes each socket to `watch`
    /// before it connects, so that another thread can shut it down; `None` ends the connect. Returns the
    /// connection and the guard of its socket.
    ///
    /// # Errors
    /// [`ConnectionError::Connect`]; [`ConnectionError::Lost`] once `watch` returned `None`.
    pub fn open<G>(
        server: &ServerName,
        way: Option<&WayName>,
        limit: Duration,
        watch: impl FnMut(&TcpStream) -> Option<G>,
    ) -> Result<(Self, G), ConnectionError> {
        let failed = |reason| match reason {
            ConnectError::Stopped => ConnectionError::Lost(Disconnect::Stopped),
            reason => ConnectionError::Connect {
                server: server.clone(),
                reason,
            },
        };
        let addresses = (server.host.as_str(), server.port)
            .to_socket_addrs()
            .map_err(|error| failed(ConnectError::Lookup(error)))?;
        let since = Instant::now();
        let connected = tcp::connect(addresses, limit, way, watch).map_err(failed)?;
        let connection = Self::over(connected.stream, since);
        let connection = connection.map_err(|error| failed(ConnectError::Io(error)))?;
        Ok((connection, connected.guard))
    }

    fn over(socket: TcpStream, since: Instant) -> std::io::Result<Self> {
        let idle = IdleTimeout::default();
        socket.set_read_timeout(Some(idle.timeout()))?;
        let buf = vec![0; BUFFER_LEN].into_boxed_slice();
        Ok(Self {
            socket,
            since,
            buf,
            filled: 0,
            expect: Expect::Message,
            frame_len: BUFFER_LEN,
            idle,
            partial_since: None,
        })
    }

    /// Returns the address of the server.
    pub fn peer(&self) -> Option<SocketAddr> {
        self.socket.peer_addr().ok()
    }

    /// Returns the time since the start of the connect.
    pub fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// Sends requests in one write. The first ones of a connection follow its [`hello`].
    ///
    /// # Errors
    /// [`ConnectionError::Lost`].
    pub fn send(&mut self, bytes: &[u8]) -> Result<(), ConnectionError> {
        self.socket
            .write_all(bytes)
            .map_err(|error| ConnectionError::Lost(error.into()))
    }

    /// Reads once from the socket and passes everything that is complete to `sink`. Returns the
    /// number of bytes read.
    ///
    /// # Errors
    /// Every [`ConnectionError`] but [`ConnectionError::Connect`].
    pub fn receive(&mut self, sink: &mut impl Sink) -> Result<usize, ConnectionError> {
        let begun = Instant::now();
        let len = loop {
            let end = self.read_end();
            match self.socket.read(&mut self.buf[self.filled..end]) {
                Ok(0) => return Err(ConnectionError::Lost(Disconnect::Closed)),
                Ok(len) => break len,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) if tcp::is_timeout(&error) => {
                    let idle = Disconnect::Idle(self.idle.timeout());
                    return Err(ConnectionError::Lost(idle));
                }
                Err(error) => return Err(ConnectionError::Lost(error.into())),
            }
        };
        if let Some(timeout) = self.idle.record_gap(begun.elapsed()) {
            // On an error the previous timeout stays in force.
            let _ = self.socket.set_read_timeout(Some(timeout));
        }
        self.filled += len;
        self.decode(sink)?;
        self.check_message_time()?;
        Ok(len)
    }

    /// Returns the end of the next read in the buffer: the end of a packet, if all are as long as
    /// the latest one. Always beyond what is filled, so an incomplete message has space for its
    /// rest.
    fn read_end(&self) -> usize {
        let of_packet = match &self.expect {
            Expect::Packet { head, at, .. } => (head.len - at) as usize,
            Expect::Message => 0,
            Expect::Stream { .. } => BUFFER_LEN,
        };
        let space = BUFFER_LEN.saturating_sub(of_packet);
        match of_packet + space / self.frame_len * self.frame_len {
            0 => BUFFER_LEN,
            end => end.min(BUFFER_LEN),
        }
    }

    /// Checks the time limit of an incomplete message. The idle timeout does not: a server that
    /// sends byte by byte meets it forever.
    fn check_message_time(&mut self) -> Result<(), ConnectionError> {
        // Only an incomplete message leaves bytes in the buffer.
        if self.filled == 0 {
            self.partial_since = None;
            return Ok(());
        }
        let since = *self.partial_since.get_or_insert_with(Instant::now);
        if since.elapsed() > MESSAGE_TIMEOUT {
            let slow = Disconnect::SlowMessage(MESSAGE_TIMEOUT);
            return Err(ConnectionError::Lost(slow));
        }
        Ok(())
    }

    /// Decodes all complete units in the buffer; an incomplete message stays in it.
    fn decode(&mut self, sink: &mut impl Sink) -> Result<(), ConnectionError> {
        let mut at = 0;
        while at < self.filled {
            let bytes = &self.buf[at..self.filled];
            let used = match &mut self.expect {
                Expect::Message => {
                    let Some((used, next)) = decode_message(bytes, sink)? else {
                        break;
                    };
                    if let Expect::Packet { head, .. } = &next {
                        self.frame_len = PacketHeader::LEN + head.len as usize;
                    }
                    self.expect = next;
                    used
                }
                Expect::Packet {
                    head,
                    at: within,
                    checksum,
                    computed,
                } => {
                    let part = &bytes[..bytes.len().min((head.len - *within) as usize)];
                    *computed = frame_checksum(*computed, part);
                    sink.packet_bytes(head.id, *within, part)?;
                    *within += part.len() as u32;
                    if *within == head.len {
                        sink.packet_ends(head.id, computed == checksum)?;
                        self.expect = Expect::Message;
                    }
                    part.len()
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
            self.partial_since = None;
        }
        self.buf.copy_within(at..self.filled, 0);
        self.filled -= at;
        Ok(())
    }
}

/// Decodes one message, or the head of a packet. Returns its length and the unit that follows, or
/// `None` if it is incomplete.
fn decode_message(
    bytes: &[u8],
    sink: &mut impl Sink,
) -> Result<Option<(usize, Expect)>, ConnectionError> {
    let Some((header, rest)) = bytes.split_first_chunk::<HEADER_LEN>() else {
        return Ok(None);
    };
    let header = Header::parse(*header)?;
    if header.kind == kind::PACKET {
        let Some((id, _)) = rest.split_first_chunk::<PACKET_ID_LEN>() else {
            return Ok(None);
        };
        let head = PacketHeader::parse(header, *id);
        sink.packet_begins(head.id, head.len)?;
        let expect = Expect::Packet {
            head,
            at: 0,
            checksum: header.checksum,
            computed: head.checksum_start(),
        };
        return Ok(Some((PacketHeader::LEN, expect)));
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

/// Makes an untrusted message safe to show and to log: bounded, on one line, without control
/// characters.
fn printable(message: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    message.chars().take(MAX_MESSAGE_CHARS).map(plain).collect()
}

/// Returns the first bytes of a connection, to which requests can be appended.
///
/// `link` is the profile of the link to emulate; `None` leaves it to the server.
pub(crate) fn hello(session: [u8; 16], link: Option<&LinkProfile>) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    Request::Hello {
        session,
        // The open link is requested by its name, because an empty text means the server's default.
        link: link.map_or_else(String::new, |link| match link.is_open() {
            true => OPEN_LINK.to_owned(),
            false => link.to_toml(),
        }),
    }
    .encode(&mut out);
    out
}
