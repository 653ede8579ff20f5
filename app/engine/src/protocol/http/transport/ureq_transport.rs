//! Connector, resolver and transport that run ureq over our own sockets.

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

use super::dialer::{self, Dialer};
use super::field_names;
use super::socket::Socket;
use super::socket_handle::SocketHandle;
use super::ureq_buffers::UreqBuffers;
use super::wait_policy;
use crate::model::proxy_url::ProxyUrl;
use crate::protocol::error::ConnectError;
use crate::protocol::net::tcp;

/// Limit of bytes received before the head of a response is complete. ureq limits each head alone,
/// and any number of informational ones may precede it. The beginning of the body counts too.
const MAX_BEFORE_HEAD: usize = 512 * 1024;

/// Connects sockets, or reuses the idle one of the worker.
pub(crate) struct SocketConnector {
    pub dialer: Dialer,
    pub transport: SocketHandle,
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
            // The connector of a proxy has made the connection.
            return Ok(chained.map(Either::A));
        }
        let origin = origin(details.uri);
        let socket = match self.transport.take_idle(&origin) {
            Some(socket) => socket,
            None => {
                let addresses = details.addrs.iter().copied();
                let on_accept = || self.transport.mark_reached();
                Arc::new(self.dialer.dial(&origin, addresses, on_accept)?)
            }
        };
        self.transport.set_socket(&socket);
        Ok(Some(Either::B(SocketTransport {
            socket,
            buffers: UreqBuffers::new(&self.transport),
            transport: self.transport.clone(),
            was_used: false,
        })))
    }
}

/// Returns scheme, host and port of a URI in the form of `HttpUrl::origin`.
fn origin(uri: &Uri) -> String {
    let authority = uri.authority().map_or("", |authority| authority.as_str());
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{}://{host}", uri.scheme_str().unwrap_or_default())
}

/// Returns the address if the host is one. A lookup would cost a thread.
fn literal_address(uri: &Uri) -> Option<SocketAddr> {
    let host = uri.host()?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let default_port = match uri.scheme_str() {
        Some("http") => 80,
        Some("https") => 443,
        // A proxy, whose default port the resolver knows.
        _ => return None,
    };
    Some(SocketAddr::new(
        host.parse().ok()?,
        uri.port_u16().unwrap_or(default_port),
    ))
}

/// Looks up host names, unless there is a connection to the host or it is an address. Of a server behind
/// a proxy the addresses are those of the proxy.
pub(crate) struct KnownAddressResolver {
    pub dialer: Dialer,
    pub transport: SocketHandle,
}

impl fmt::Debug for KnownAddressResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnownAddressResolver")
    }
}

impl Resolver for KnownAddressResolver {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let origin = origin(uri);
        if let Some(address) = self.transport.peer_of(&origin) {
            return Ok(self.only(address));
        }
        let proxy = self.dialer.proxy(&origin).map_err(dialer::proxy_failed)?;
        let of_proxy = proxy.map(|proxy| format!("http://{}", proxy.server()).parse());
        let named = of_proxy.transpose().map_err(|_| Error::InvalidProxyUrl)?;
        let named = named.as_ref().unwrap_or(uri);
        if let Some(address) = literal_address(named) {
            return Ok(self.only(address));
        }
        let resolved = DefaultResolver::default().resolve(named, config, timeout);
        resolved.map_err(|error| lookup_error(error, proxy))
    }
}

impl KnownAddressResolver {
    fn only(&self, address: SocketAddr) -> ResolvedSocketAddrs {
        let mut addresses = self.empty();
        addresses.push(address);
        addresses
    }
}

/// Converts the error of a lookup: of the server's name, or of the proxy's.
fn lookup_error(error: Error, proxy: Option<&ProxyUrl>) -> Error {
    let error = match error {
        Error::Io(io) => ConnectError::Lookup(io),
        Error::HostNotFound => ConnectError::NoAddress,
        Error::Timeout(Timeout::Resolve) => ConnectError::LookupTimeout,
        other => return other,
    };
    dialer::connect_failed(error, proxy)
}

/// One TCP connection, as ureq uses it.
#[derive(Debug)]
pub(crate) struct SocketTransport {
    socket: Arc<Socket>,
    buffers: UreqBuffers,
    transport: SocketHandle,
    /// True if a request was sent since the last check.
    was_used: bool,
}

impl Transport for SocketTransport {
    fn buffers(&mut self) -> &mut dyn Buffers {
        &mut self.buffers
    }

    fn transmit_output(&mut self, amount: usize, _: NextTimeout) -> Result<(), Error> {
        self.was_used = true;
        self.transport.restart_head();
        self.transport.set_direct(&self.socket);
        let output = &mut self.buffers.output()[..amount];
        field_names::capitalize(output);
        self.socket.send(output).map_err(Error::Io)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let by_ureq = timeout.not_zero().map(|left| Instant::now() + *left);
        let begun = self.transport.head_since();
        let of_head = begun.map(|since| wait_policy::head_deadline(since, Instant::now()));
        let (deadline, reason) = match (by_ureq, of_head) {
            (Some(ureq), Some((head, _))) if ureq < head => (by_ureq, timeout.reason),
            (_, Some((head, reason))) => (Some(head), reason),
            (_, None) => (by_ureq, timeout.reason),
        };
        let buf = self.buffers.input_append_buf();
        let low_water = self.transport.low_water().min(buf.len());
        let received = self.socket.read(deadline, low_water, buf);
        let len = received.map_err(|error| read_error(error, deadline, reason))?;
        // An informational response: the final one begins later.
        let is_head_end = buf[..len].ends_with(b"\r\n\r\n");
        self.buffers.input_appended(len);
        let total = self.transport.count_head_bytes(len);
        if is_head_end && total.is_some() {
            self.transport.restart_head();
            self.socket.expect_response();
        }
        match total {
            Some(total) if total > MAX_BEFORE_HEAD => {
                Err(Error::LargeResponseHeader(total, MAX_BEFORE_HEAD))
            }
            _ => Ok(len > 0),
        }
    }

    fn is_open(&mut self) -> bool {
        // ureq checks when it puts a connection away and when it takes it again. Only the second
        // check is of use, so the first one after a request is skipped.
        std::mem::take(&mut self.was_used) || self.socket.is_reusable()
    }

    fn is_tls(&self) -> bool {
        self.socket.is_tls()
    }
}

/// Converts the error of a read with this deadline; `reason` is the timeout that the deadline
/// enforces.
pub(crate) fn read_error(error: io::Error, deadline: Option<Instant>, reason: Timeout) -> Error {
    match tcp::is_timeout(&error) {
        true if deadline.is_some_and(is_past) => Error::Timeout(reason),
        true => Error::Timeout(Timeout::PerRead),
        false => Error::Io(error),
    }
}

/// Returns whether the deadline has passed. The timeouts of the system may fire a little early.
fn is_past(deadline: Instant) -> bool {
    Instant::now() + Duration::from_millis(10) >= deadline
}
