//! The sockets beneath an agent, and what they tell the reader past it.

use std::fmt;
use std::io::{self, Read as _};
use std::sync::Arc;
use std::time::Duration;

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, LazyBuffers, NextTimeout, Transport,
};
use ureq::{Error, Timeout};

use super::super::tcp;
use super::line::Line;
use super::socket::Socket;
use crate::engine::stop::Stop;

/// Room for what one read brings, in bytes: at least and at most. In between [`ALL_INPUT`] is shared.
const INPUT_LEN: [usize; 2] = [128 * 1024, 512 * 1024];
/// Room for what all connections of a download read, in bytes.
const ALL_INPUT: usize = 8 << 20;
/// Room for the head of a request, in bytes.
const OUTPUT_LEN: usize = 16 * 1024;

/// Room for what one read brings over one of so many connections, in bytes.
pub(super) fn input_len(connections: usize) -> usize {
    let [least, most] = INPUT_LEN;
    (ALL_INPUT / connections.max(1)).clamp(least, most)
}

/// Makes sockets that a [`Stop`] can shut, or takes the one that the line has kept.
pub(super) struct SocketConnector {
    pub stop: Stop,
    pub line: Line,
    /// Room for what one read brings, in bytes.
    pub input_len: usize,
    /// How long the first byte may take.
    pub first_byte: Duration,
}

impl fmt::Debug for SocketConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SocketConnector")
    }
}

impl<In: Transport> Connector<In> for SocketConnector {
    type Out = Either<In, SocketTransport>;

    fn connect(
        &self,
        details: &ConnectionDetails<'_>,
        chained: Option<In>,
    ) -> Result<Option<Self::Out>, Error> {
        if chained.is_some() {
            // Through a proxy, whose connector has made the connection.
            return Ok(chained.map(Either::A));
        }
        let authority = authority(details.uri);
        // What is spoken with a proxy is not what is spoken with the server.
        let is_plain = !details.needs_tls() && details.config.proxy().is_none();
        let socket = match self.line.take_kept(&authority) {
            Some(socket) => socket,
            None => {
                let addresses = details.addrs.iter().copied();
                let made = Socket::connect(addresses, authority, &self.stop, self.first_byte);
                Arc::new(made.map_err(Error::Io)?)
            }
        };
        self.line.leads_to(&socket);
        Ok(Some(Either::B(SocketTransport {
            socket,
            is_plain,
            buffers: Counted {
                buffers: LazyBuffers::new(self.input_len, OUTPUT_LEN),
                line: self.line.clone(),
            },
        })))
    }
}

/// The host and port of an address, as links write them.
fn authority(uri: &Uri) -> String {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    authority.rsplit('@').next().unwrap_or_default().to_owned()
}

/// Looks up hosts, but not the one that a connection is kept to.
#[derive(Debug)]
pub(super) struct LineResolver {
    pub line: Line,
}

impl Resolver for LineResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        match self.line.kept_peer(&authority(uri)) {
            Some(peer) => {
                let mut addresses = self.empty();
                addresses.push(peer);
                Ok(addresses)
            }
            None => DefaultResolver::default().resolve(uri, config, timeout),
        }
    }
}

/// One TCP connection, as the agent has it.
#[derive(Debug)]
pub(super) struct SocketTransport {
    socket: Arc<Socket>,
    /// Whether the answers come over it as they are.
    is_plain: bool,
    buffers: Counted,
}

impl Transport for SocketTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        if self.is_plain {
            self.buffers.line.speaks_over(&self.socket);
        }
        let output = &self.buffers.output()[..amount];
        self.socket.send(output).map_err(Error::Io)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let left = timeout.not_zero().map(|left| *left);
        let overdue = left.is_some_and(|left| left <= self.socket.patience());
        let wish = self.buffers.line.wished();
        let room = self.buffers.input_append_buf();
        let wish = wish.min(room.len());
        let received = self
            .socket
            .receive(left, wish, |mut stream| stream.read(room));
        let len = received.map_err(|error| match error.kind() {
            _ if tcp::is_timeout(&error) && overdue => Error::Timeout(timeout.reason),
            _ if tcp::is_timeout(&error) => Error::Timeout(Timeout::PerRead),
            // The agent takes a reset for the end of a body without a length, which it is not.
            io::ErrorKind::ConnectionReset => Error::Io(io::ErrorKind::BrokenPipe.into()),
            _ => Error::Io(error),
        })?;
        self.buffers.input_appended(len);
        Ok(len > 0)
    }

    fn is_open(&mut self) -> bool {
        self.socket.is_silent()
    }
}

/// Buffers that tell the line how much they hold.
#[derive(Debug)]
struct Counted {
    buffers: LazyBuffers,
    line: Line,
}

impl Buffers for Counted {
    fn output(&mut self) -> &mut [u8] {
        self.buffers.output()
    }

    fn input(&self) -> &[u8] {
        self.buffers.input()
    }

    fn input_append_buf(&mut self) -> &mut [u8] {
        self.buffers.input_append_buf()
    }

    fn input_appended(&mut self, amount: usize) {
        self.buffers.input_appended(amount);
        self.line.has_buffered(self.buffers.input().len());
    }

    fn input_consume(&mut self, amount: usize) {
        self.buffers.input_consume(amount);
        self.line.has_buffered(self.buffers.input().len());
    }

    fn tmp_and_output(&mut self) -> (&mut [u8], &mut [u8]) {
        self.buffers.tmp_and_output()
    }

    fn can_use_input(&self) -> bool {
        self.buffers.can_use_input()
    }
}
