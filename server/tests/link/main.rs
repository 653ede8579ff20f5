//! The emulated link over real sockets. Lower bounds of times are exact; upper bounds are loose,
//! because machines are noisy.

#![allow(clippy::unwrap_used, reason = "test helpers panic on failure")]

#[path = "../common/mod.rs"]
mod common;

mod endings;
mod link_selection;
mod payload;
mod timing;

use std::thread;
use std::time::{Duration, Instant};

use common::{Client, Frame, open, run};
use lanes_server::Server;
use lanes_shared::link::{MSS, MTU};
use lanes_shared::wire::{Order, Reply};

/// Additional time that everything may take on a busy machine.
const SLACK: Duration = Duration::from_secs(10);
const PACKET: u32 = 16 * 1024;

fn server() -> Server {
    Server::start(common::config(None)).unwrap()
}

/// One connection that requests packets of a sample in one write.
struct Fetch {
    session: u8,
    link: String,
    first: u64,
    count: u64,
}

impl Fetch {
    fn new(session: u8, link: &str, first: u64, count: u64) -> Self {
        let link = link.to_owned();
        Self {
            session,
            link,
            first,
            count,
        }
    }

    /// Returns the times to the first byte and to the last.
    fn times(&self, server: &Server) -> (Duration, Duration) {
        let began = Instant::now();
        let mut client = Client::silent(server.addr());
        client.hello_with_link([self.session; 16], &self.link);
        client.request(&[
            open("sample-64MiB.bin", PACKET),
            run(self.first, self.count, Order::InOrder),
        ]);
        assert!(matches!(client.reply(), Reply::Welcome { .. }));
        let first = began.elapsed();
        client.opened();
        for _ in 0..self.count {
            assert!(matches!(client.receive(), Frame::Packet(..)));
        }
        (first, began.elapsed())
    }

    fn bytes(&self) -> u64 {
        self.count * u64::from(PACKET)
    }
}

/// Runs all fetches at the same time and returns the time of each.
fn together(server: &Server, all: &[Fetch]) -> Vec<Duration> {
    thread::scope(|scope| {
        let started: Vec<_> = all
            .iter()
            .map(|fetch| scope.spawn(|| fetch.times(server).1))
            .collect();
        started.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// Returns the minimum time for `bytes` of payload at a rate of `mbit` Mbit/s.
fn min_time(bytes: u64, mbit: f64) -> Duration {
    let wire = bytes as f64 * MTU as f64 / MSS as f64;
    Duration::from_secs_f64(wire * 8.0 / (mbit * 1e6))
}
