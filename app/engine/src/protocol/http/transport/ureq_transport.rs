//! The sockets beneath an agent, and what they tell the reader past it.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{
    Buffers, ConnectionDetails, Connector, Either, NextTimeout, Transport,
};
use ureq::{Error, Timeout};

use super::connection_state::TransportState;
use super::dialer::Dialer;
use super::socket::Socket;
use super::ureq_buffers::UreqBuffers;
use crate::protocol::net::tcp;

/// The most that is read before the head of an answer is there, in bytes: the agent looks at each head
/// alone, and any number of informational ones may come before. The first of the body comes with it.
const MOST_BEFORE_ANSWER: usize = 256 * 1024;

/// Makes sockets, or takes the one that the line has kept.
pub(crate) struct SocketConnector {
    pub dialer: Dialer,
    pub line: TransportState,
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
        let origin = origin(details.uri);
        let socket = match self.line.take_kept(&origin) {
            Some(socket) => socket,
            None => {
                let addresses = details.addrs.iter().copied();
                let reached = || self.line.is_reached();
                Arc::new(self.dialer.dial(&origin, addresses, reached)?)
            }
        };
        self.line.leads_to(&socket);
        Ok(Some(Either::B(SocketTransport {
            socket,
            buffers: UreqBuffers::new(&self.line),
            line: self.line.clone(),
            has_spoken: false,
        })))
    }
}

/// The scheme, host and port of an address, as links write them.
fn origin(uri: &Uri) -> String {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{}://{host}", uri.scheme_str().unwrap_or_default())
}

/// The address, where the host is one. To look it up would take a thread.
fn written_out(uri: &Uri) -> Option<SocketAddr> {
    let host = uri.host()?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let usual = match uri.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        // Of a proxy: the resolver knows better.
        _ => return None,
    };
    Some(SocketAddr::new(
        host.parse().ok()?,
        uri.port_u16().unwrap_or(usual),
    ))
}

/// Looks up hosts, but neither one that there is a connection to nor an address.
#[derive(Debug)]
pub(crate) struct LineResolver {
    pub line: TransportState,
}

impl Resolver for LineResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let known = self.line.peer_of(&origin(uri));
        match known.or_else(|| written_out(uri)) {
            Some(address) => {
                let mut addresses = self.empty();
                addresses.push(address);
                Ok(addresses)
            }
            None => DefaultResolver::default().resolve(uri, config, timeout),
        }
    }
}

/// One TCP connection, as the agent has it.
#[derive(Debug)]
pub(crate) struct SocketTransport {
    socket: Arc<Socket>,
    buffers: UreqBuffers,
    line: TransportState,
    /// Whether something was said over it since the agent took it.
    has_spoken: bool,
}

impl Transport for SocketTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        self.has_spoken = true;
        self.line.speaks_over(&self.socket);
        let output = &self.buffers.output()[..amount];
        self.socket.send(output).map_err(Error::Io)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let until = timeout.not_zero().map(|left| Instant::now() + *left);
        let room = self.buffers.input_append_buf();
        let wish = self.line.wished().min(room.len());
        let received = self.socket.read(until, wish, room);
        let len = received.map_err(|error| failed(error, until, timeout.reason))?;
        self.buffers.input_appended(len);
        match self.line.came(len) {
            Some(came) if came > MOST_BEFORE_ANSWER => {
                Err(Error::LargeResponseHeader(came, MOST_BEFORE_ANSWER))
            }
            _ => Ok(len > 0),
        }
    }

    fn is_open(&mut self) -> bool {
        // The agent asks when it puts a connection away, and again when it takes it: then all is seen that
        // could be seen before.
        std::mem::take(&mut self.has_spoken) || self.socket.is_silent()
    }

    fn is_tls(&self) -> bool {
        self.socket.is_secure()
    }
}

/// A read that had time until then, for this reason, has failed.
pub(crate) fn failed(error: io::Error, until: Option<Instant>, reason: Timeout) -> Error {
    match tcp::is_timeout(&error) {
        true if until.is_some_and(is_over) => Error::Timeout(reason),
        true => Error::Timeout(Timeout::PerRead),
        false => Error::Io(error),
    }
}

/// Whether it is that late; the system's time-outs are not exact.
fn is_over(until: Instant) -> bool {
    Instant::now() + Duration::from_millis(10) >= until
}
