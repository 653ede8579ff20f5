//! One connection of an HTTP client.
//!
//! 1. Requests may be pipelined. Responses are buffered and sent when no further request is
//!    buffered.
//! 2. On an emulated link, all connections from one address form a session, so that those of one
//!    download share the bottleneck: HTTP does not say which connections belong together.
//! 3. Clients on this machine must request `localhost` or an IP address, so that no web page reads
//!    files under a name that it points at this machine (DNS rebinding).
//! 4. Versions of a file are never mixed. If a file changes before its first byte is sent, the
//!    client gets an error response; later the connection is closed, and the client sees that bytes
//!    are missing.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::super::close_reason::CloseReason;
use super::super::transmit::Transmit;
use super::codec::{
    Body, EntityTag, FileInfo, InvalidRequest, Method, Request, Response, Status, Target, head_len,
    is_local_host,
};
use super::resource::{Resource, find};
use crate::content::digest_cache::Algorithm;
use crate::content::open_file::OpenFile;
use crate::emulation::flow_guard::FlowGuard;
use crate::emulation::session::SessionId;
use crate::net::connection::Connection;
use crate::net::lingering_close::lingering_close;
use crate::net::recv_buffer::RecvBuffer;
use crate::state::ServerState;
use crate::sync::lock;
use crate::telemetry::stats::Protocol;

/// Serves a connection to its end.
pub(crate) fn serve(state: &Arc<ServerState>, connection: &Arc<Connection>, recv: RecvBuffer<'_>) {
    let mut http = HttpConnection {
        state,
        connection,
        recv,
        out: Transmit::new(state, connection),
    };
    let result = http.run();
    // A client that has closed its sending side still gets everything it requested.
    let result = result.and_then(|()| Ok(http.out.finish()?));
    match result {
        Ok(()) => lingering_close(&connection.socket),
        Err(reason) => reason.log(&state.log, connection.addr),
    }
}

struct HttpConnection<'a> {
    state: &'a Arc<ServerState>,
    connection: &'a Arc<Connection>,
    recv: RecvBuffer<'a>,
    out: Transmit<'a>,
}

impl HttpConnection<'_> {
    fn run(&mut self) -> Result<(), CloseReason> {
        loop {
            let request = match self.next() {
                Ok(Some(request)) => request,
                Ok(None) => return Ok(()),
                Err(Unread::Invalid(error)) => {
                    let response = Response::from(&error);
                    self.log(response.status, &error.to_string());
                    return self.send(None, false, &response).map(drop);
                }
                Err(Unread::Disconnected(error)) => return Err(error.into()),
            };
            let keep_alive = request.keep_alive && !self.state.is_stopping();
            if !self.respond(&request, keep_alive)? {
                return Ok(());
            }
            self.discard_body(request.body_len)?;
        }
    }

    /// Reads the next request; `None` if the client has closed its sending side, the idle timeout
    /// has passed, or the server is stopping.
    fn next(&mut self) -> Result<Option<Request>, Unread> {
        if self.recv.unread().is_empty() {
            self.out.flush()?;
            self.connection.set_waiting();
            let deadline = Instant::now() + self.state.timeouts.idle;
            match self.recv.peek_byte(deadline) {
                Ok(_) => {}
                Err(error) if is_end_of_requests(&error) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        let deadline = Instant::now() + self.state.timeouts.request;
        let mut searched = 0;
        loop {
            if let Some(len) = head_len(self.recv.unread(), searched)? {
                let request = Request::parse(&self.recv.unread()[..len]);
                self.recv.consume(len);
                // Evicted: as if the request had arrived after the end of the connection.
                if !self.connection.set_busy() {
                    return Ok(None);
                }
                return Ok(Some(request?));
            }
            searched = self.recv.unread().len();
            self.out.flush()?;
            self.connection.set_waiting();
            match self.recv.fill(deadline) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    return Err(InvalidRequest::Timeout.into());
                }
                Err(_) if self.state.is_stopping() => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Responds to a request. Returns whether the connection stays open.
    fn respond(&mut self, request: &Request, keep_alive: bool) -> Result<bool, CloseReason> {
        lock(&self.connection.file).clear();
        if let Some(response) = Response::early_rejection(request) {
            self.log(response.status, response.status.reason());
            return self.send(Some(request), keep_alive, &response);
        }
        let is_local = self.connection.client.is_loopback();
        if let Some(host) = request.host.as_deref().filter(|_| is_local)
            && !is_local_host(host)
        {
            let response = Response::misdirected();
            self.log(response.status, &format!("host {host}"));
            return self.send(Some(request), false, &response);
        }
        if let Err(response) = self.join_link() {
            self.log(response.status, "cannot join the emulated link");
            return self.send(Some(request), false, &response);
        }
        match find(&self.state.files, &request.target) {
            Resource::File(file) => self.send_file(request, keep_alive, &Arc::new(file)),
            Resource::Response(response) => {
                self.log(response.status, &display_target(request));
                self.send(Some(request), keep_alive, &response)
            }
        }
    }

    fn send_file(
        &mut self,
        request: &Request,
        keep_alive: bool,
        file: &Arc<OpenFile>,
    ) -> Result<bool, CloseReason> {
        let version = file.version();
        // Holding the status keeps the hasher at work during the transfer. Nothing waits for it.
        let _digest = request.wants_sha256.then(|| {
            self.state
                .digests
                .request(file, Algorithm::Sha256, self.connection.client)
        });
        let info = FileInfo {
            name: file.name(),
            len: version.len,
            tag: EntityTag::strong(&file.version_id()),
            modified: version.modified(),
            sha256: self.state.digests.known(file, Algorithm::Sha256),
        };
        let now = SystemTime::now();
        let response = Response::for_file(request, &info, now);
        let Body::File(bytes) = &response.body else {
            self.log(response.status, file.name());
            return self.send(Some(request), keep_alive, &response);
        };
        let bytes = match request.method {
            Method::Head => 0..0,
            _ => bytes.clone(),
        };
        let count = bytes.end - bytes.start;
        file.name().clone_into(&mut lock(&self.connection.file));
        let head = response.head(keep_alive, request.is_http10, now);
        if !bytes.is_empty() {
            self.out.open_flow_at(bytes.start);
        }
        let (state, addr, offset) = (self.state, self.connection.addr, bytes.start);
        // Logged after the first byte is sent, so that the byte does not wait for the log.
        let on_start = || {
            let what = format!("{}, {count} bytes from {offset}", file.name());
            log(state, addr, response.status, &what);
        };
        match self.out.send_bytes(&head, file, bytes, on_start) {
            Ok(()) => Ok(keep_alive),
            // Nothing is sent yet, so an error response is possible.
            Err(CloseReason::Refused { message, .. }) => {
                let response = Response::error(Status::ServiceUnavailable, &message);
                self.log(response.status, &format!("{}: {message}", file.name()));
                self.send(Some(request), false, &response)
            }
            Err(other) => Err(other),
        }
    }

    /// Joins the emulated link of the server if the connection has none yet. An error response says
    /// why that is impossible.
    fn join_link(&mut self) -> Result<(), Response> {
        if self.out.has_link() {
            return Ok(());
        }
        let session = session_id(self.connection.addr.ip());
        let open = self.state.open_connections();
        let link = FlowGuard::join(&self.state.sessions, session, "", self.connection, open);
        self.out
            .set_link(link.map_err(|error| Response::error(Status::ServiceUnavailable, &error))?);
        Ok(())
    }

    /// Buffers a response without file bytes. Returns whether the connection stays open.
    fn send(
        &mut self,
        request: Option<&Request>,
        keep_alive: bool,
        response: &Response,
    ) -> Result<bool, CloseReason> {
        let bytes = response.to_bytes(request, keep_alive, SystemTime::now());
        self.out.put(&bytes)?;
        Ok(keep_alive)
    }

    /// Reads the body of a request and discards it.
    fn discard_body(&mut self, mut len: u64) -> Result<(), CloseReason> {
        let deadline = Instant::now() + self.state.timeouts.request;
        loop {
            let available = len.min(self.recv.unread().len() as u64);
            self.recv.consume(available as usize);
            len -= available;
            if len == 0 {
                return Ok(());
            }
            self.out.flush()?;
            self.recv.fill(deadline)?;
        }
    }

    fn log(&self, status: Status, what: &str) {
        log(self.state, self.connection.addr, status, what);
    }
}

fn log(state: &ServerState, addr: SocketAddr, status: Status, what: &str) {
    let message = format!("{addr} HTTP {}: {what}", status.code());
    if status.is_error() {
        state.log.notice(&message);
    } else {
        state.log.info(&message);
    }
}

/// The reason for which there is no further request.
enum Unread {
    Invalid(InvalidRequest),
    Disconnected(io::Error),
}

impl From<InvalidRequest> for Unread {
    fn from(error: InvalidRequest) -> Self {
        Self::Invalid(error)
    }
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        Self::Disconnected(error)
    }
}

/// Returns whether a read error between two requests is an orderly end.
fn is_end_of_requests(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionReset, TimedOut, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | TimedOut | ConnectionReset)
}

/// Returns the session of all connections from one address.
fn session_id(addr: IpAddr) -> SessionId {
    let bytes = match addr {
        IpAddr::V4(addr) => addr.to_ipv6_mapped().octets(),
        IpAddr::V6(addr) => addr.octets(),
    };
    SessionId {
        protocol: Protocol::Http,
        bytes,
    }
}

fn display_target(request: &Request) -> String {
    match &request.target {
        Target::Path(path) => format!("/{path}"),
        Target::InvalidPath => "invalid path".to_owned(),
        Target::Server => "*".to_owned(),
    }
}
