//! An HTTP server that runs a [`Scenario`], one thread per connection; `drop` joins all threads.

use std::collections::HashMap;
use std::io::{self, BufReader};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::digest;
use super::request::Request;
use super::response::Response;
use super::response_writer::{AfterResponse, ResponseWriter};
use super::scenario::{Scenario, When};
use super::server_progress::Progress;

/// Longest wait for a port.
const BIND_TIMEOUT: Duration = Duration::from_secs(20);

/// A server on two ports of loopback. The second port is the "other host" that redirects point to.
pub struct FaultServer {
    state: Arc<ServerState>,
    accept_threads: Vec<JoinHandle<()>>,
}

/// A request that the server received.
#[derive(Debug, Clone)]
pub struct LoggedRequest {
    pub request: Request,
    pub at: Instant,
    /// True if the request matched the scenario's last rule, which is the fault under test.
    pub hit_fault: bool,
    /// True if the request went to the second port.
    pub on_other_host: bool,
    /// Number of the connection, unique per server.
    pub connection: u64,
    /// Number of requests in flight when it came, itself included.
    pub in_flight: usize,
}

struct ServerState {
    scenario: Mutex<Scenario>,
    here: SocketAddr,
    other: SocketAddr,
    progress: Progress,
    requests: Mutex<Vec<LoggedRequest>>,
    in_flight: Mutex<usize>,
    /// Number of connections accepted so far, also those without a request.
    accepted: Mutex<usize>,
    /// Time of the first request that [`When::AfterSent`] matched.
    outage_began: Mutex<Option<Instant>>,
    streams: Mutex<HashMap<u64, TcpStream>>,
}

impl FaultServer {
    pub fn start(scenario: Scenario) -> Self {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), scenario)
    }

    /// Starts a server at the address of an earlier one.
    pub fn start_at(addr: SocketAddr, scenario: Scenario) -> Self {
        let here = bind(addr);
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let state = Arc::new(ServerState {
            scenario: Mutex::new(scenario),
            here: here.local_addr().unwrap(),
            other: other.local_addr().unwrap(),
            progress: Progress::default(),
            requests: Mutex::default(),
            in_flight: Mutex::default(),
            accepted: Mutex::default(),
            outage_began: Mutex::default(),
            streams: Mutex::default(),
        });
        let accept_threads = [(here, false), (other, true)].map(|(listener, on_other_host)| {
            let state = Arc::clone(&state);
            spawn("fault-accept", move || {
                state.accept(&listener, on_other_host);
            })
        });
        Self {
            state,
            accept_threads: accept_threads.into(),
        }
    }

    /// Closes the server. Connections to its port are refused while the result lives; else a server of
    /// another test could get the port.
    pub fn refuse(self) -> socket2::Socket {
        let addr = self.addr();
        drop(self);
        let kind = socket2::Type::STREAM;
        let socket = socket2::Socket::new(socket2::Domain::for_address(addr), kind, None).unwrap();
        socket.set_reuse_address(true).unwrap();
        socket.bind(&addr.into()).unwrap();
        socket
    }

    pub fn addr(&self) -> SocketAddr {
        self.state.here
    }

    /// Returns the URL of a path on this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.state.here)
    }

    /// Serves another scenario to all requests from now on.
    pub fn change(&self, scenario: Scenario) {
        *self.state.scenario.lock().unwrap() = scenario;
    }

    /// Returns every request received so far, in order.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.state.requests.lock().unwrap().clone()
    }

    /// Returns the number of connections accepted so far, also those without a request.
    pub fn accepted(&self) -> usize {
        *self.state.accepted.lock().unwrap()
    }

    /// Returns the number of body bytes sent so far.
    pub fn sent(&self) -> u64 {
        self.state.progress.lock().sent
    }

    /// Waits until `bytes` body bytes have been sent; returns false if that takes longer than `limit`.
    pub fn wait_until_sent(&self, bytes: u64, limit: Duration) -> bool {
        let progress = &self.state.progress;
        let (state, _) = progress
            .changed
            .wait_timeout_while(progress.lock(), limit, |state| state.sent < bytes)
            .unwrap();
        state.sent >= bytes
    }
}

impl FaultServer {
    /// Aborts all responses in flight and sends no further ones.
    pub fn stop(&self) {
        self.state.progress.stop();
        for stream in self.state.streams.lock().unwrap().values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        self.stop();
        // One more connection unblocks each `accept`, which then sees that the server stops.
        for addr in [self.state.here, self.state.other] {
            let _ = TcpStream::connect(addr);
        }
        for thread in self.accept_threads.drain(..) {
            thread.join().unwrap();
        }
    }
}

impl ServerState {
    fn accept(self: &Arc<Self>, listener: &TcpListener, on_other_host: bool) {
        let mut connections = Vec::new();
        for (number, stream) in (0..).zip(listener.incoming()) {
            let id = number * 2 + u64::from(on_other_host);
            let Ok(stream) = stream else { continue };
            *self.accepted.lock().unwrap() += 1;
            let clone = stream.try_clone().unwrap();
            let mut streams = self.streams.lock().unwrap();
            let open = streams.len();
            streams.insert(id, clone);
            drop(streams);
            if self.progress.check_running().is_err() {
                break;
            }
            let state = Arc::clone(self);
            connections.push(spawn("fault-conn", move || {
                // The client may close at any time, so an error is no failure of the test.
                let _ = state.serve_connection(&stream, id, open);
                state.streams.lock().unwrap().remove(&id);
            }));
        }
        for connection in connections {
            connection.join().unwrap();
        }
    }

    /// Serves a connection that was made while `open` others were open.
    fn serve_connection(&self, stream: &TcpStream, connection: u64, open: usize) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        let writer = ResponseWriter {
            stream,
            progress: &self.progress,
        };
        while let Some(request) = Request::read(&mut reader)? {
            let in_flight = InFlight::new(&self.in_flight);
            let response = self.respond(&request, connection, open, in_flight.count);
            let last = request.field("connection") == Some("close");
            if writer.send(&response, request.method != "HEAD")? == AfterResponse::Close || last {
                break;
            }
        }
        Ok(())
    }

    /// Builds the response and logs the request.
    fn respond(
        &self,
        request: &Request,
        connection: u64,
        open: usize,
        in_flight: usize,
    ) -> Response {
        let mut log = self.requests.lock().unwrap();
        let number = log
            .iter()
            .filter(|logged| logged.request.method == "GET")
            .count();
        let at = Instant::now();
        let age = log.first().map_or(Duration::ZERO, |first| at - first.at);
        let scenario = self.scenario.lock().unwrap().clone();
        let moment = Moment {
            number,
            open,
            in_flight,
            age,
            len: scenario.len,
        };
        let applies = |when| self.applies(when, request, &moment);
        let rules = &scenario.rules;
        let matching = rules.iter().filter(|rule| applies(rule.when));
        let (here, other) = (
            self.here.to_string(),
            format!("localhost:{}", self.other.port()),
        );
        let mut response = Response::correct(&scenario, request);
        for action in matching.flat_map(|rule| &rule.actions) {
            response.apply(*action, request, &here, &other);
        }
        let hit_fault = rules.last().is_some_and(|fault| applies(fault.when));
        log.push(LoggedRequest {
            request: request.clone(),
            at,
            hit_fault,
            on_other_host: connection % 2 == 1,
            connection,
            in_flight,
        });
        response
    }

    /// Returns whether `when` matches the request.
    fn applies(&self, when: When, request: &Request, moment: &Moment) -> bool {
        let Moment {
            number,
            open,
            in_flight,
            age,
            len,
        } = *moment;
        let is_get = request.method == "GET";
        match when {
            When::Always => true,
            When::FirstGet => is_get && number == 0,
            When::LaterGets => is_get && number > 0,
            When::NthGet(this) => is_get && number == this,
            When::FromGet(first) => is_get && number >= first,
            When::BeforeGet(first) => is_get && number < first,
            When::EveryNthGet(n) => is_get && number % n == n - 1,
            When::NonInitialRange => request.range.is_some_and(|(first, _)| first > 0),
            When::AnyRange => request.range.is_some(),
            When::OneByteRange => request
                .range
                .is_some_and(|(first, last)| last.map_or(len - 1, |last| last) == first),
            When::PartialRange => request
                .range
                .is_some_and(|(first, last)| first > 0 || last.is_some_and(|last| last + 1 < len)),
            When::Method(method) => request.method == method,
            When::WithField(name, text) => has_text(request, name, text),
            When::WithoutField(path, name, text) => {
                request.path.starts_with(path) && !has_text(request, name, text)
            }
            When::WithoutDigest(name, password) => !digest::is_right(request, name, password),
            When::WithoutText(text) => !request.lines.contains(text),
            When::PathPrefix(path) => request.path.starts_with(path),
            When::InFlightAbove(most) => in_flight > most,
            When::OpenAbove(most) => open >= most,
            When::Within(time) => age < time,
            When::AfterSent(bytes, time) => {
                let now = Instant::now();
                let is_after = self.progress.lock().sent >= bytes;
                let mut outage = self.outage_began.lock().unwrap();
                is_after && now - *outage.get_or_insert(now) < time
            }
            When::UntilSent(bytes) => self.progress.lock().sent < bytes,
            When::UntilSentElsewhere(path, bytes) => {
                !request.path.starts_with(path) && self.progress.lock().sent < bytes
            }
            When::PathAfterSent(path, bytes) => {
                request.path.starts_with(path) && self.progress.lock().sent >= bytes
            }
        }
    }
}

fn has_text(request: &Request, name: &str, text: &str) -> bool {
    request
        .field(name)
        .is_some_and(|value| value.contains(text))
}

/// Counts one response in flight until it is dropped.
struct InFlight<'a> {
    counter: &'a Mutex<usize>,
    /// Number of responses in flight at the start of this one, including it.
    count: usize,
}

impl<'a> InFlight<'a> {
    fn new(counter: &'a Mutex<usize>) -> Self {
        let mut counted = counter.lock().unwrap();
        *counted += 1;
        Self {
            counter,
            count: *counted,
        }
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        *self.counter.lock().unwrap() -= 1;
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    Builder::new().name(name.to_owned()).spawn(work).unwrap()
}

/// Binds a listener. A connection of another test may have the port for a moment.
fn bind(addr: SocketAddr) -> TcpListener {
    let since = Instant::now();
    loop {
        match TcpListener::bind(addr) {
            Err(error)
                if error.kind() == io::ErrorKind::AddrInUse && since.elapsed() < BIND_TIMEOUT =>
            {
                thread::sleep(Duration::from_millis(20));
            }
            bound => return bound.unwrap(),
        }
    }
}

/// The state of the server when a request arrives.
struct Moment {
    /// GETs before it.
    number: usize,
    /// Connections that were open when that of the request was made.
    open: usize,
    in_flight: usize,
    /// Time since the first request.
    age: Duration,
    /// Length of the file in bytes.
    len: u64,
}
