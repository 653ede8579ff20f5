//! One connection that speaks HTTP: requests in, answers out, in the order asked.
//!
//! 1. Requests may be pipelined: answers are gathered, and leave when there is no further request
//!    to read.
//! 2. Over the server's link all connections from one address are one session, so that those of
//!    one download share a bottleneck: nothing in HTTP says which belong together.
//! 3. A file that changes is never mixed: before its first byte is out the client is told, after
//!    that the connection is cut, and the client sees that bytes are missing.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use super::codec::{
    Body, EntityTag, FileInfo, InvalidRequest, Method, Request, Response, Status, Target, head_len,
};
use super::resource::{Resource, find};
use crate::content::digest_cache::Algorithm;
use crate::content::open_file::OpenFile;
use crate::emulation::FlowGuard;
use crate::net::connection::Connection;
use crate::net::lingering_close::{LINGER_TIMEOUT, lingering_close};
use crate::net::recv_buffer::RecvBuffer;
use crate::protocol::close_reason::CloseReason;
use crate::protocol::transmit::Transmit;
use crate::state::ServerState;
use crate::sync::lock;

/// Serves one connection to its end.
pub(crate) fn serve(state: &Arc<ServerState>, connection: &Arc<Connection>, recv: RecvBuffer<'_>) {
    let mut http = HttpConnection {
        state,
        connection,
        recv,
        out: Transmit::new(state, connection),
    };
    let end = http.run();
    // A client that asks nothing more may still be owed what it asked for.
    let end = end.and_then(|()| Ok(http.out.finish()?));
    match end {
        Ok(()) => lingering_close(&connection.socket),
        Err(end) => state.log.log_end(connection.addr, &end),
    }
}

/// Tells a client that there is no room for it.
pub(crate) fn turn_away(state: &ServerState, connection: &Connection, mut recv: RecvBuffer<'_>) {
    let deadline = Instant::now() + LINGER_TIMEOUT;
    let mut searched = 0;
    // Whoever asks for the head only must not get more. If it takes too long to say, it is no HEAD.
    let request = loop {
        match head_len(recv.unread(), searched) {
            Ok(Some(len)) => break Request::parse(&recv.unread()[..len]).ok(),
            Ok(None) => searched = recv.unread().len(),
            Err(_) => break None,
        }
        if recv.fill(deadline).is_err() {
            break None;
        }
    };
    let message = format!(
        "the server serves {} connections already and no more; try again later, or with fewer",
        state.max_connections
    );
    let response = Response::error(Status::ServiceUnavailable, &message);
    let mut bytes = response.head(false, false, SystemTime::now());
    let is_head = request.is_some_and(|request| request.method == Method::Head);
    if let (Body::Text(text), false) = (&response.body, is_head) {
        bytes.extend_from_slice(text.as_bytes());
    }
    let mut out = Transmit::new(state, connection);
    if out.put(&bytes).and_then(|()| out.flush()).is_ok() {
        lingering_close(&connection.socket);
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
                    self.log(error.status, "a request that cannot be read");
                    return self.send(None, false, &Response::from(&error)).map(drop);
                }
                Err(Unread::Closed(end)) => return Err(end),
            };
            let keep_alive = request.keep_alive && !self.state.is_stopping();
            if !self.respond(&request, keep_alive)? {
                return Ok(());
            }
            self.drain(request.body_len)?;
        }
    }

    /// The next request; `None` when the client has ended, is silent for too long, or the server
    /// is being stopped.
    fn next(&mut self) -> Result<Option<Request>, Unread> {
        if self.recv.unread().is_empty() {
            self.out.flush()?;
            let deadline = Instant::now() + self.state.timeouts.idle;
            match self.recv.peek_byte(deadline) {
                Ok(_) => {}
                Err(error) if is_end(&error) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        let deadline = Instant::now() + self.state.timeouts.request;
        let mut searched = 0;
        loop {
            if let Some(len) = head_len(self.recv.unread(), searched)? {
                let request = Request::parse(&self.recv.unread()[..len]);
                self.recv.consume(len);
                return Ok(Some(request?));
            }
            searched = self.recv.unread().len();
            self.out.flush()?;
            match self.recv.fill(deadline) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    let message = "the request did not come to its end in time";
                    return Err(InvalidRequest::new(Status::RequestTimeout, message).into());
                }
                Err(_) if self.state.is_stopping() => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Answers a request, and says whether another may follow.
    fn respond(&mut self, request: &Request, keep_alive: bool) -> Result<bool, CloseReason> {
        lock(&self.connection.file).clear();
        if let Some(response) = Response::early_rejection(request) {
            self.log(response.status, "not for files");
            return self.send(Some(request), keep_alive, &response);
        }
        if let Err(response) = self.join_link() {
            self.log(response.status, "no room on the emulated link");
            return self.send(Some(request), false, &response);
        }
        match find(&self.state.files, &request.target) {
            Resource::File(file) => self.send_file(request, keep_alive, &Arc::new(file)),
            Resource::Response(response) => {
                self.log(response.status, &name_of(request));
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
        // Who wants it keeps the hasher at work while the file is being sent; nobody waits for it.
        let wanted = request.wants_sha256;
        let _at_work = wanted.then(|| self.state.digests.ask(file, Algorithm::Sha256));
        let described = FileInfo {
            name: file.name(),
            len: version.len,
            tag: EntityTag::strong(&file.version_id()),
            modified: version.modified(),
            sha256: self.state.digests.known(file, Algorithm::Sha256),
        };
        let now = SystemTime::now();
        let response = Response::for_file(request, &described, now);
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
        let (state, addr, from) = (self.state, self.connection.addr, bytes.start);
        // The first byte does not wait for it.
        let has_begun = || {
            let what = format!("{}, {count} bytes from {from}", file.name());
            log(state, addr, response.status, &what);
        };
        match self.out.plain(&head, file, bytes, has_begun) {
            Ok(()) => Ok(keep_alive),
            // Nothing of it is out: there is still room for words.
            Err(CloseReason::Refused(_, message)) => {
                let response = Response::error(Status::ServiceUnavailable, &message);
                self.log(response.status, &format!("{}: {message}", file.name()));
                self.send(Some(request), false, &response)
            }
            Err(gone) => Err(gone),
        }
    }

    /// Joins the server's link, if there is one now and this connection has none.
    fn join_link(&mut self) -> Result<(), Response> {
        if self.out.is_paced() {
            return Ok(());
        }
        let session = session_of(self.connection.addr.ip());
        match FlowGuard::join(self.state, session, "", self.connection) {
            Ok(link) => {
                self.out.pace(link);
                Ok(())
            }
            Err(CloseReason::Refused(_, message)) => {
                Err(Response::error(Status::ServiceUnavailable, &message))
            }
            Err(CloseReason::Gone(error)) => {
                let message = error.to_string();
                Err(Response::error(Status::ServiceUnavailable, &message))
            }
        }
    }

    /// Lets an answer without bytes of a file wait for the next flush, and says whether another
    /// request may follow.
    fn send(
        &mut self,
        request: Option<&Request>,
        keep_alive: bool,
        response: &Response,
    ) -> Result<bool, CloseReason> {
        let is_http10 = request.is_some_and(|request| request.is_http10);
        let is_head = request.is_some_and(|request| request.method == Method::Head);
        let mut bytes = response.head(keep_alive, is_http10, SystemTime::now());
        if let (Body::Text(text), false) = (&response.body, is_head) {
            bytes.extend_from_slice(text.as_bytes());
        }
        self.out.put(&bytes)?;
        Ok(keep_alive)
    }

    /// Reads the body of a request and throws it away.
    fn drain(&mut self, mut len: u64) -> Result<(), CloseReason> {
        let deadline = Instant::now() + self.state.timeouts.request;
        loop {
            let here = len.min(self.recv.unread().len() as u64);
            self.recv.consume(here as usize);
            len -= here;
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
        state.log.notice(message);
    } else {
        state.log.info(message);
    }
}

/// Why there is no further request.
enum Unread {
    Invalid(InvalidRequest),
    Closed(CloseReason),
}

impl From<InvalidRequest> for Unread {
    fn from(error: InvalidRequest) -> Self {
        Self::Invalid(error)
    }
}

impl From<io::Error> for Unread {
    fn from(error: io::Error) -> Self {
        Self::Closed(CloseReason::Gone(error))
    }
}

/// Whether a client that says nothing is simply done.
fn is_end(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionReset, TimedOut, UnexpectedEof};
    matches!(error.kind(), UnexpectedEof | TimedOut | ConnectionReset)
}

/// The session of all connections from one address.
fn session_of(addr: IpAddr) -> [u8; 16] {
    match addr {
        IpAddr::V4(addr) => addr.to_ipv6_mapped().octets(),
        IpAddr::V6(addr) => addr.octets(),
    }
}

fn name_of(request: &Request) -> String {
    match &request.target {
        Target::Path(name) => format!("/{name}"),
        Target::InvalidPath => "a name that no file can have".to_owned(),
        Target::Server => "*".to_owned(),
    }
}
