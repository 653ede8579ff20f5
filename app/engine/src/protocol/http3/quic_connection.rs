//! One QUIC connection: runs the state machine of quinn-proto over a UDP socket, on the caller's thread.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use quinn_proto::crypto::rustls::QuicClientConfig;
use quinn_proto::{
    ClientConfig, Connection, ConnectionError, ConnectionHandle, DatagramEvent, Dir, Endpoint,
    EndpointConfig, Event, IdleTimeout, ReadError, StreamId, TransportConfig, VarInt,
};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::SockRef;

use super::alternative_service::PROTOCOL;
use crate::protocol::error::Http3Error;
use crate::sync::cancel::CancelToken;

/// Windows of flow control in bytes, of the connection and of each stream.
const WINDOW: u32 = 32 << 20;
/// Receive buffer that the system is asked for, in bytes; it may give less.
const RECEIVE_BUF: usize = 8 << 20;
/// Largest datagram in bytes. The client announces quinn-proto's default, which is shorter.
const MAX_DATAGRAM: usize = 2048;
/// Datagrams that are received before acknowledgements are sent.
const BATCH: usize = 64;
/// Streams that a server may open: its control stream, two of QPACK, and some of unknown types.
const SERVER_STREAMS: u32 = 16;
/// Longest single wait, after which a cancellation is noticed.
const MAX_WAIT: Duration = Duration::from_millis(50);

/// The limits of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Longest time until the handshake is complete.
    pub handshake: Duration,
    /// Longest time without a packet.
    pub silence: Duration,
}

/// A connection. Dropping it closes it.
pub(super) struct QuicConnection {
    socket: UdpSocket,
    remote: SocketAddr,
    endpoint: Endpoint,
    handle: ConnectionHandle,
    connection: Connection,
    cancel: CancelToken,
    silence: Duration,
    /// The next datagram to send.
    out: Vec<u8>,
    /// The last datagram received.
    datagram: Box<[u8]>,
}

/// The state of a stream after a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamState {
    /// More may come.
    Open,
    /// All bytes are read.
    Finished,
}

impl QuicConnection {
    /// Connects to `remote`, whose certificate must be that of `host`, and completes the handshake.
    ///
    /// # Errors
    /// [`Http3Error::Refused`] and [`Http3Error::NoAnswer`] if nothing speaks QUIC there.
    pub fn open(
        remote: SocketAddr,
        host: &str,
        tls: &rustls::ClientConfig,
        limits: Limits,
        cancel: &CancelToken,
    ) -> Result<Self, Http3Error> {
        let config = client_config(tls, limits.silence)?;
        let mut endpoint = Endpoint::new(Arc::new(EndpointConfig::default()), None, false, None);
        // A URL encloses an IPv6 address in brackets.
        let host = host.trim_matches(['[', ']']);
        let (handle, connection) = endpoint.connect(Instant::now(), config, remote, host)?;
        let mut opened = Self {
            socket: udp_socket(remote).map_err(Http3Error::Io)?,
            remote,
            endpoint,
            handle,
            connection,
            cancel: cancel.clone(),
            silence: limits.silence,
            out: Vec::new(),
            datagram: vec![0; MAX_DATAGRAM].into(),
        };
        opened.handshake(limits.handshake)?;
        Ok(opened)
    }

    fn handshake(&mut self, limit: Duration) -> Result<(), Http3Error> {
        let begun = Instant::now();
        loop {
            self.turn()?;
            if !self.connection.is_handshaking() {
                return Ok(());
            }
            if begun.elapsed() >= limit {
                return Err(Http3Error::NoAnswer {
                    port: self.remote.port(),
                    time: limit,
                });
            }
            self.wait()?;
        }
    }

    /// Processes all that has arrived, without waiting.
    ///
    /// # Errors
    /// [`Http3Error::Stopped`], or how the connection ended.
    pub fn turn(&mut self) -> Result<(), Http3Error> {
        if self.cancel.is_cancelled() {
            return Err(Http3Error::Stopped);
        }
        self.receive()?;
        let now = Instant::now();
        if self.connection.poll_timeout().is_some_and(|at| at <= now) {
            self.connection.handle_timeout(now);
        }
        while let Some(event) = self.connection.poll_endpoint_events() {
            if let Some(event) = self.endpoint.handle_event(self.handle, event) {
                self.connection.handle_event(event);
            }
        }
        let mut lost = None;
        while let Some(event) = self.connection.poll() {
            if let Event::ConnectionLost { reason } = event {
                lost = Some(reason);
            }
        }
        match lost {
            None => Ok(()),
            Some(ConnectionError::TimedOut) => Err(Http3Error::Idle(self.silence)),
            Some(reason) => Err(reason.into()),
        }
    }

    /// Sends what is due, and waits until something arrives or a timer of QUIC is due; at most 50 ms.
    ///
    /// # Errors
    /// As [`Self::turn`].
    pub fn wait(&mut self) -> Result<(), Http3Error> {
        self.send()?;
        let now = Instant::now();
        let due = self.connection.poll_timeout();
        let time = due.map_or(MAX_WAIT, |at| {
            at.saturating_duration_since(now).min(MAX_WAIT)
        });
        let mut polled = [PollFd::new(&self.socket, PollFlags::IN)];
        let timeout = Timespec::try_from(time).ok();
        match poll(&mut polled, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
            Err(error) => Err(Http3Error::Io(error.into())),
        }
    }

    fn receive(&mut self) -> Result<(), Http3Error> {
        for _ in 0..BATCH {
            let len = match self.socket.recv(&mut self.datagram) {
                Ok(len) => len,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return self.check(error),
            };
            let data = BytesMut::from(&self.datagram[..len]);
            let (now, remote) = (Instant::now(), self.remote);
            self.out.clear();
            match self
                .endpoint
                .handle(now, remote, None, None, data, &mut self.out)
            {
                Some(DatagramEvent::ConnectionEvent(_, event)) => {
                    self.connection.handle_event(event);
                }
                Some(DatagramEvent::Response(answer)) => {
                    let sent = self.socket.send(&self.out[..answer.size]);
                    sent.map(drop).or_else(|error| self.check(error))?;
                }
                Some(DatagramEvent::NewConnection(incoming)) => self.endpoint.ignore(incoming),
                None => {}
            }
        }
        Ok(())
    }

    fn send(&mut self) -> Result<(), Http3Error> {
        let now = Instant::now();
        loop {
            self.out.clear();
            let Some(datagram) = self.connection.poll_transmit(now, 1, &mut self.out) else {
                return Ok(());
            };
            let sent = self.socket.send(&self.out[..datagram.size]);
            sent.map(drop).or_else(|error| self.check(error))?;
        }
    }

    /// Decides about an error of the socket. During the handshake a closed port ends the connection. Later
    /// errors are like lost packets: anybody can send an ICMP message, and a full buffer empties itself.
    fn check(&self, error: io::Error) -> Result<(), Http3Error> {
        use io::ErrorKind::{ConnectionRefused, ConnectionReset, Interrupted, WouldBlock};
        match error.kind() {
            // Windows reports the ICMP message as a reset.
            ConnectionRefused | ConnectionReset if self.connection.is_handshaking() => {
                Err(Http3Error::Refused(self.remote.port()))
            }
            WouldBlock | Interrupted | ConnectionRefused | ConnectionReset => Ok(()),
            _ if self.connection.is_handshaking() => Err(Http3Error::Io(error)),
            _ => Ok(()),
        }
    }

    /// Opens a stream, writes `bytes` and, if `is_last`, ends it. `None` if the server allows no such stream
    /// yet, or its first window is shorter than `bytes`.
    pub fn send_stream(&mut self, dir: Dir, bytes: &[u8], is_last: bool) -> Option<StreamId> {
        let id = self.connection.streams().open(dir)?;
        let mut stream = self.connection.send_stream(id);
        let written = stream.write(bytes).ok()?;
        if is_last {
            stream.finish().ok()?;
        }
        (written == bytes.len()).then_some(id)
    }

    /// Returns the next unidirectional stream that the server has opened.
    pub fn accept(&mut self) -> Option<StreamId> {
        self.connection.streams().accept(Dir::Uni)
    }

    /// Passes what has arrived of a stream to `sink`, in order.
    ///
    /// # Errors
    /// [`Http3Error::Reset`], or the error of `sink`.
    pub fn read(
        &mut self,
        id: StreamId,
        sink: &mut dyn FnMut(&[u8]) -> Result<(), Http3Error>,
    ) -> Result<StreamState, Http3Error> {
        let mut stream = self.connection.recv_stream(id);
        let Ok(mut chunks) = stream.read(true) else {
            return Ok(StreamState::Finished);
        };
        loop {
            match chunks.next(usize::MAX) {
                Ok(Some(chunk)) => sink(&chunk.bytes)?,
                Ok(None) => return Ok(StreamState::Finished),
                Err(ReadError::Blocked) => return Ok(StreamState::Open),
                Err(ReadError::Reset(code)) => return Err(Http3Error::Reset(code)),
            }
        }
    }

    /// Closes the connection with a code of HTTP/3.
    pub fn close(&mut self, code: u32) {
        self.connection
            .close(Instant::now(), VarInt::from_u32(code), Bytes::new());
        // If the packet is lost, the server notices by its own timeout.
        let _ = self.send();
    }
}

/// Creates a socket that exchanges datagrams with `remote` alone.
fn udp_socket(remote: SocketAddr) -> io::Result<UdpSocket> {
    let any: SocketAddr = match remote {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    let socket = UdpSocket::bind(any)?;
    // The system's limit applies; with less, bursts at high rates are lost.
    let _ = SockRef::from(&socket).set_recv_buffer_size(RECEIVE_BUF);
    socket.connect(remote)?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn client_config(
    tls: &rustls::ClientConfig,
    silence: Duration,
) -> Result<ClientConfig, Http3Error> {
    let mut tls = tls.clone();
    tls.alpn_protocols = vec![PROTOCOL.into()];
    let crypto = QuicClientConfig::try_from(tls).map_err(|_| Http3Error::NoCipherSuite)?;
    let mut transport = TransportConfig::default();
    transport
        .receive_window(VarInt::from_u32(WINDOW))
        .stream_receive_window(VarInt::from_u32(WINDOW))
        .max_concurrent_bidi_streams(VarInt::from_u32(0))
        .max_concurrent_uni_streams(VarInt::from_u32(SERVER_STREAMS))
        .max_idle_timeout(IdleTimeout::try_from(silence).ok())
        .datagram_receive_buffer_size(None)
        // The client sends little more than acknowledgements.
        .mtu_discovery_config(None);
    let mut config = ClientConfig::new(Arc::new(crypto));
    config.transport_config(Arc::new(transport));
    Ok(config)
}
