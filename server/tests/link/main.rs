//! The emulated link over real sockets. Machines are noisy: that nothing is faster than the link
//! allows is asserted strictly, that nothing is much slower loosely.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic too")]

#[path = "../common/mod.rs"]
mod common;

mod endings;
mod payload;
mod timing;
mod whose;

use std::thread;
use std::time::{Duration, Instant};

use common::{Client, Heard, open, run};
use lanes_server::Server;
use lanes_shared::link::{MSS, WIRE};
use lanes_shared::wire::{Order, Reply};

/// How much longer than on an idle machine anything may take.
const SLACK: Duration = Duration::from_secs(10);
const PACKET: u32 = 16 * 1024;

fn server() -> Server {
    Server::start(common::config(None)).unwrap()
}

/// One connection that fetches packets of a sample in one write.
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

    /// How long it took until the first byte, and until the last.
    fn times(&self, server: &Server) -> (Duration, Duration) {
        let began = Instant::now();
        let mut client = Client::silent(server.addr());
        client.hello_over([self.session; 16], &self.link);
        client.ask(&[
            open("sample-64MiB.bin", PACKET),
            run(self.first, self.count, Order::InOrder),
        ]);
        assert!(matches!(client.reply(), Reply::Welcome { .. }));
        let first = began.elapsed();
        client.opened();
        for _ in 0..self.count {
            assert!(matches!(client.hear(), Heard::Packet(..)));
        }
        (first, began.elapsed())
    }

    fn bytes(&self) -> u64 {
        self.count * u64::from(PACKET)
    }
}

/// Runs all of them at the same time and gives how long each took to its last byte.
fn together(server: &Server, all: &[Fetch]) -> Vec<Duration> {
    thread::scope(|scope| {
        let started: Vec<_> = all
            .iter()
            .map(|fetch| scope.spawn(|| fetch.times(server).1))
            .collect();
        started.into_iter().map(|one| one.join().unwrap()).collect()
    })
}

/// How long a link of this rate needs for so many bytes of payload, at least.
fn at_rate(bytes: u64, mbit: f64) -> Duration {
    let wire = bytes as f64 * WIRE as f64 / MSS as f64;
    Duration::from_secs_f64(wire * 8.0 / (mbit * 1e6))
}
