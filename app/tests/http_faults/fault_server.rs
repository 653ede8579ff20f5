//! The server that acts a scenario out: plain threads, all joined when it is dropped.

use std::collections::HashMap;
use std::io::{self, BufReader};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use super::request::Asked;
use super::response::Answer;
use super::response_writer::{After, Wire};
use super::scenario::{Scenario, When};

/// A server on two random ports of loopback: the second is the other host of redirects.
pub struct FaultServer {
    scene: Arc<Scene>,
    listening: Vec<JoinHandle<()>>,
}

/// What a client asked for, and when.
#[derive(Debug, Clone)]
pub struct Seen {
    pub asked: Asked,
    pub at: Instant,
    /// Whether the fault, which is the scenario's last rule, changed the answer.
    pub met: bool,
    /// Whether the other host was asked.
    pub other: bool,
    /// Over which connection, by a number of its own.
    pub connection: u64,
}

struct Scene {
    scenario: Scenario,
    here: SocketAddr,
    other: SocketAddr,
    pulse: Pulse,
    seen: Mutex<Vec<Seen>>,
    under_way: Mutex<usize>,
    streams: Mutex<HashMap<u64, TcpStream>>,
}

impl FaultServer {
    pub fn start(scenario: Scenario) -> Self {
        Self::start_at(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), scenario)
    }

    /// A server at an address where another one was before.
    pub fn start_at(addr: SocketAddr, scenario: Scenario) -> Self {
        let here = TcpListener::bind(addr).unwrap();
        let other = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let scene = Arc::new(Scene {
            scenario,
            here: here.local_addr().unwrap(),
            other: other.local_addr().unwrap(),
            pulse: Pulse::default(),
            seen: Mutex::default(),
            under_way: Mutex::default(),
            streams: Mutex::default(),
        });
        let listening = [(here, false), (other, true)].map(|(listener, other)| {
            let scene = Arc::clone(&scene);
            named("fault-accept", move || scene.accept(&listener, other))
        });
        let listening = listening.into();
        Self { scene, listening }
    }

    pub fn addr(&self) -> SocketAddr {
        self.scene.here
    }

    /// The link to a path of this server.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.scene.here)
    }

    /// Every request so far, in order.
    pub fn seen(&self) -> Vec<Seen> {
        self.scene.seen.lock().unwrap().clone()
    }

    /// Bytes of the file that were sent so far.
    pub fn sent(&self) -> u64 {
        self.scene.pulse.lock().sent
    }

    /// Waits until so many bytes of the file were sent; false if that takes longer than `limit`.
    pub fn wait_until_sent(&self, bytes: u64, limit: Duration) -> bool {
        let pulse = &self.scene.pulse;
        let (beat, _) = pulse
            .changed
            .wait_timeout_while(pulse.lock(), limit, |beat| beat.sent < bytes)
            .unwrap();
        beat.sent >= bytes
    }
}

impl FaultServer {
    /// Ends every answer that is under way, and gives no other.
    pub fn stop(&self) {
        self.scene.pulse.stop();
        for stream in self.scene.streams.lock().unwrap().values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for FaultServer {
    fn drop(&mut self) {
        self.stop();
        // Each listener wakes up for one more connection, and sees that it is over.
        for addr in [self.scene.here, self.scene.other] {
            let _ = TcpStream::connect(addr);
        }
        for thread in self.listening.drain(..) {
            thread.join().unwrap();
        }
    }
}

impl Scene {
    fn accept(self: &Arc<Self>, listener: &TcpListener, other: bool) {
        let mut connections = Vec::new();
        for (number, stream) in (0..).zip(listener.incoming()) {
            let id = number * 2 + u64::from(other);
            let Ok(stream) = stream else { continue };
            let clone = stream.try_clone().unwrap();
            self.streams.lock().unwrap().insert(id, clone);
            if self.pulse.check().is_err() {
                break;
            }
            let scene = Arc::clone(self);
            connections.push(named("fault-conn", move || {
                // How it ends is the client's business.
                let _ = scene.converse(&stream, id);
                scene.streams.lock().unwrap().remove(&id);
            }));
        }
        for connection in connections {
            connection.join().unwrap();
        }
    }

    fn converse(&self, stream: &TcpStream, connection: u64) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let mut reader = BufReader::new(stream);
        let wire = Wire {
            stream,
            pulse: &self.pulse,
        };
        while let Some(asked) = Asked::read(&mut reader)? {
            let under_way = UnderWay::new(&self.under_way);
            let answer = self.answer(&asked, connection, under_way.now);
            let last = asked.field("connection") == Some("close");
            if wire.send(&answer, asked.method != "HEAD")? == After::Close || last {
                break;
            }
        }
        Ok(())
    }

    fn answer(&self, asked: &Asked, connection: u64, under_way: usize) -> Answer {
        let mut seen = self.seen.lock().unwrap();
        let number = seen
            .iter()
            .filter(|seen| seen.asked.method == "GET")
            .count();
        let at = Instant::now();
        let age = seen.first().map_or(Duration::ZERO, |first| at - first.at);
        let fits = |when| self.fits(when, asked, number, under_way, age);
        let rules = &self.scenario.rules;
        let fitting = rules.iter().filter(|rule| fits(rule.when));
        let (here, there) = (
            self.here.to_string(),
            format!("localhost:{}", self.other.port()),
        );
        let mut answer = Answer::honest(&self.scenario, asked);
        for act in fitting.flat_map(|rule| &rule.acts) {
            answer.apply(*act, asked, &here, &there);
        }
        let met = rules.last().is_some_and(|fault| fits(fault.when));
        let asked = asked.clone();
        seen.push(Seen {
            asked,
            at,
            met,
            other: connection % 2 == 1,
            connection,
        });
        answer
    }

    fn fits(
        &self,
        when: When,
        asked: &Asked,
        number: usize,
        under_way: usize,
        age: Duration,
    ) -> bool {
        let is_get = asked.method == "GET";
        match when {
            When::Always => true,
            When::First => is_get && number == 0,
            When::Later => is_get && number > 0,
            When::Number(this) => is_get && number == this,
            When::Every(th) => is_get && number % th == th - 1,
            When::FromMiddle => asked.range.is_some_and(|(first, _)| first > 0),
            When::Ranged => asked.range.is_some(),
            When::Method(method) => asked.method == method,
            When::Path(path) => asked.path.starts_with(path),
            When::Beyond(most) => under_way > most,
            When::Early(time) => age < time,
            When::Until(bytes) => self.pulse.lock().sent < bytes,
            When::Expired(path, bytes) => {
                asked.path.starts_with(path) && self.pulse.lock().sent >= bytes
            }
        }
    }
}

/// Counts an answer that is under way, as long as it is.
struct UnderWay<'a> {
    all: &'a Mutex<usize>,
    now: usize,
}

impl<'a> UnderWay<'a> {
    fn new(all: &'a Mutex<usize>) -> Self {
        let mut counted = all.lock().unwrap();
        *counted += 1;
        Self { all, now: *counted }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        *self.all.lock().unwrap() -= 1;
    }
}

/// What all connections share: how much was sent, and whether it is over.
#[derive(Default)]
pub struct Pulse {
    beat: Mutex<Beat>,
    changed: Condvar,
}

#[derive(Default)]
struct Beat {
    sent: u64,
    over: bool,
}

impl Pulse {
    fn lock(&self) -> MutexGuard<'_, Beat> {
        self.beat.lock().unwrap()
    }

    fn stop(&self) {
        self.lock().over = true;
        self.changed.notify_all();
    }

    /// Counts bytes of the file that were sent.
    pub fn count(&self, bytes: usize) {
        self.lock().sent += bytes as u64;
        self.changed.notify_all();
    }

    /// An error once the server stops.
    pub fn check(&self) -> io::Result<()> {
        match self.lock().over {
            true => Err(io::Error::other("the server stops")),
            false => Ok(()),
        }
    }

    /// Does nothing for so long, or until the server stops.
    pub fn rest(&self, time: Duration) {
        let wait = self
            .changed
            .wait_timeout_while(self.lock(), time, |beat| !beat.over);
        drop(wait);
    }

    /// Does nothing until the server stops.
    pub fn stall(&self) {
        drop(self.changed.wait_while(self.lock(), |beat| !beat.over));
    }
}

fn named(name: &str, work: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    Builder::new().name(name.to_owned()).spawn(work).unwrap()
}
