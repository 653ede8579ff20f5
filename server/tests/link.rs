//! The emulated link over real sockets. Machines are noisy: that nothing is faster than the link
//! allows is asserted strictly, that nothing is much slower loosely.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic too")]

mod common;

use std::io::Read as _;
use std::thread;
use std::time::{Duration, Instant};

use common::{Client, Heard, noise, open, run, wait_until};
use lanes_server::{Config, Patience, Server};
use lanes_shared::link::{MSS, WIRE, named};
use lanes_shared::packet::PacketPlan;
use lanes_shared::wire::{Order, Refusal, Reply, Request};

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

#[test]
fn the_rate_of_the_link_is_kept() {
    let server = server();
    let fetch = Fetch::new(1, "rate_mbit = 20\nrtt_ms = 20", 0, 128);
    let (_, took) = fetch.times(&server);
    let least = at_rate(fetch.bytes(), 20.0);
    assert!(took >= least, "{took:?} < {least:?}");
    assert!(took < least + SLACK, "{took:?}");
}

#[test]
fn connections_of_one_session_share_a_link_and_sessions_do_not() {
    let server = server();
    let link = "rate_mbit = 20\nrtt_ms = 10";
    let one = [Fetch::new(1, link, 0, 64), Fetch::new(1, link, 100, 64)];
    let shared = together(&server, &one);
    let both = at_rate(2 * one[0].bytes(), 20.0);
    let last = shared.iter().max().unwrap();
    assert!(*last >= both, "{shared:?} < {both:?}");
    let apart = together(
        &server,
        &[Fetch::new(1, link, 0, 64), Fetch::new(2, link, 0, 64)],
    );
    for took in apart {
        assert!(took >= at_rate(one[0].bytes(), 20.0));
        assert!(took < both + SLACK);
    }
}

#[test]
fn the_first_byte_takes_two_round_trips_and_a_later_answer_one() {
    let server = server();
    let rtt = Duration::from_millis(120);
    let mut client = Client::silent(server.addr());
    let began = Instant::now();
    client.hello_over([1; 16], "rtt_ms = 120");
    client.ask(&[open("Data.jpg", PACKET), run(0, 1, Order::InOrder)]);
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    let first = began.elapsed();
    // The connection was made a little before the clock was looked at.
    assert!(first >= 2 * rtt - Duration::from_millis(5), "{first:?}");
    assert!(first < 2 * rtt + SLACK, "{first:?}");
    client.opened();
    assert!(matches!(client.hear(), Heard::Packet(0, _)));
    let began = Instant::now();
    client.ask(&[run(1, 1, Order::InOrder)]);
    assert!(matches!(client.hear(), Heard::Packet(1, _)));
    let later = began.elapsed();
    assert!(later >= rtt, "{later:?}");
    assert!(later < rtt + SLACK, "{later:?}");
}

#[test]
fn a_client_that_asks_for_nothing_is_welcomed_all_the_same() {
    let server = server();
    let began = Instant::now();
    let mut client = Client::silent(server.addr());
    client.hello_over([1; 16], "rtt_ms = 20");
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    assert!(began.elapsed() >= Duration::from_millis(40));
    client.open("Data.jpg", PACKET);
}

#[test]
fn a_cap_holds_each_connection_by_itself() {
    let server = server();
    let link = "rate_mbit = 200\nrtt_ms = 10\nper_connection_mbit = 8";
    let all = [0, 50, 100, 150].map(|first| Fetch::new(1, link, first, 40));
    let least = Duration::from_secs_f64(40.0 * f64::from(PACKET) * 8.0 / 8e6);
    for took in together(&server, &all) {
        // The cap lets a few segments go at once.
        assert!(
            took + Duration::from_millis(10) >= least,
            "{took:?} < {least:?}"
        );
        assert!(took < least + SLACK, "{took:?}");
    }
}

#[test]
fn a_window_holds_a_connection_to_one_a_round_trip() {
    let server = server();
    let fetch = Fetch::new(1, "rtt_ms = 50\nwindow_kib = 64", 0, 64);
    let (_, took) = fetch.times(&server);
    let rounds = fetch.bytes() / (64 * 1024);
    // Two round trips come before the first window, and the last is over when it arrives.
    let least = Duration::from_millis(50) * (rounds as u32 + 1);
    assert!(took >= least, "{took:?} < {least:?}");
    assert!(took < least + SLACK, "{took:?}");
}

#[test]
fn bytes_are_exact_in_every_mode_and_over_many_connections() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = noise(1_000_003);
    std::fs::write(folder.path().join("f"), &bytes).unwrap();
    let server = common::serve(folder.path());
    for (round, count) in [(1, 1u16), (2, 10)] {
        for order in [Order::InOrder, Order::Shuffled(9)] {
            let link = "rate_mbit = 80\nrtt_ms = 6\nloss_percent = 1\nbuffer_kib = 64";
            let packet_len = 1000;
            let plan = PacketPlan::new(bytes.len() as u64, packet_len).unwrap();
            let parts: Vec<_> = (0..count)
                .map(|index| {
                    let addr = server.addr();
                    let fetch = move || part(addr, round, link, (index, count), order);
                    thread::Builder::new().spawn(fetch).unwrap()
                })
                .collect();
            let mut seen = vec![0; bytes.len()];
            let mut packets = 0;
            for (id, got) in parts.into_iter().flat_map(|part| part.join().unwrap()) {
                let at = plan.offset(id) as usize;
                seen[at..at + got.len()].copy_from_slice(&got);
                packets += 1;
            }
            assert_eq!(packets, plan.count());
            assert!(seen == bytes, "{count} connections, {order:?}");
        }
    }
    let mut client = Client::silent(server.addr());
    client.hello_over([9; 16], "rate_mbit = 80\nrtt_ms = 6\nloss_percent = 1");
    client.ask(&[open("f", 1000), Request::Stream { offset: 3 }]);
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    client.opened();
    assert!(client.streamed() == bytes[3..], "a stream");
}

/// All packets of one share.
fn part(
    addr: std::net::SocketAddr,
    session: u8,
    link: &str,
    (index, of): (u16, u16),
    order: Order,
) -> Vec<(u64, Vec<u8>)> {
    let mut client = Client::silent(addr);
    client.hello_over([session; 16], link);
    client.ask(&[
        open("f", 1000),
        Request::Share {
            index,
            of,
            limit: u64::MAX,
            order,
        },
        Request::Digest,
    ]);
    let mut packets = Vec::new();
    loop {
        match client.hear() {
            Heard::Packet(id, bytes) => packets.push((id, bytes)),
            Heard::Reply(Reply::DigestIs { .. }) => return packets,
            Heard::Reply(Reply::Welcome { .. } | Reply::Opened(_)) => {}
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_client_that_closes_its_end_still_gets_what_it_asked_for() {
    let server = server();
    let mut client = Client::silent(server.addr());
    client.hello_over([1; 16], "rate_mbit = 50\nrtt_ms = 30");
    client.ask(&[open("sample-1MiB.bin", PACKET), run(0, 64, Order::InOrder)]);
    client.socket.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    client.opened();
    for id in 0..64 {
        assert!(matches!(client.hear(), Heard::Packet(this, _) if this == id));
    }
    assert_eq!(client.hear(), Heard::End);
}

#[test]
fn a_name_that_is_not_there_is_refused_over_the_link_too() {
    let server = server();
    let mut client = Client::silent(server.addr());
    client.hello_over([1; 16], "rtt_ms = 20");
    client.ask(&[open("no-such", PACKET), run(0, 1, Order::InOrder)]);
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    assert_eq!(client.refusal().0, Refusal::NoSuchFile);
    client.open("Data.jpg", PACKET);
    client.ask(&[Request::Open {
        name: "Data.jpg".to_owned(),
        packet_len: 1,
    }]);
    assert_eq!(client.refusal().0, Refusal::BadRequest);
    assert_eq!(client.hear(), Heard::End);
}

#[test]
fn the_links_own_limit_of_connections_is_named() {
    let server = server();
    let link = "rtt_ms = 1\nmax_connections = 2";
    let mut taken = [0, 1].map(|_| {
        let mut client = Client::silent(server.addr());
        client.hello_over([1; 16], link);
        assert!(matches!(client.reply(), Reply::Welcome { .. }));
        client
    });
    let mut third = Client::silent(server.addr());
    third.hello_over([1; 16], link);
    let (refusal, message) = third.refusal();
    assert_eq!(refusal, Refusal::TooManyConnections);
    assert!(
        message.contains("max_connections") && message.contains('2'),
        "{message}"
    );
    // Another session has room of its own.
    let mut other = Client::silent(server.addr());
    other.hello_over([2; 16], link);
    assert!(matches!(other.reply(), Reply::Welcome { .. }));
    taken[0].open("Data.jpg", PACKET);
}

#[test]
fn one_session_has_one_link() {
    let server = server();
    let mut first = Client::silent(server.addr());
    first.hello_over([1; 16], "rtt_ms = 1");
    assert!(matches!(first.reply(), Reply::Welcome { .. }));
    let mut second = Client::silent(server.addr());
    second.hello_over([1; 16], "rtt_ms = 2");
    let (refusal, message) = second.refusal();
    assert_eq!(refusal, Refusal::BadRequest);
    assert!(message.contains("one link"), "{message}");
}

#[test]
fn a_fixed_link_is_the_only_one_there_is() {
    let server = Server::start(Config {
        link: Some(named("rtt_ms = 40").unwrap()),
        fixed_link: true,
        ..common::config(None)
    })
    .unwrap();
    let mut client = Client::silent(server.addr());
    client.hello_over([1; 16], "clean-cable");
    let (refusal, message) = client.refusal();
    assert_eq!(refusal, Refusal::BadRequest);
    assert!(message.contains("--fixed-link"), "{message}");
    let (first, _) = Fetch::new(2, "", 0, 1).times(&server);
    assert!(first >= Duration::from_millis(80), "{first:?}");
}

#[test]
fn the_servers_link_gives_way_to_the_clients_own() {
    let server = Server::start(Config {
        link: Some(named("rtt_ms = 300").unwrap()),
        ..common::config(None)
    })
    .unwrap();
    let (first, _) = Fetch::new(1, "", 0, 1).times(&server);
    assert!(first >= Duration::from_millis(600), "{first:?}");
    wait_until("its session ends", || server.stats().links.is_empty());
    let mut open = Client::silent(server.addr());
    open.hello_over([2; 16], "open-loopback");
    assert!(matches!(open.reply(), Reply::Welcome { .. }));
    assert!(server.stats().links.is_empty(), "nothing is emulated");
    let mut client = Client::silent(server.addr());
    client.hello_over([3; 16], "slow-4g");
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    assert_eq!(server.stats().links[0].profile, "slow-4g");
}

#[test]
fn a_slow_reader_does_not_stop_its_neighbours() {
    let server = server();
    let link = "rate_mbit = 200\nrtt_ms = 5";
    let mut slow = Client::silent(server.addr());
    slow.hello_over([1; 16], link);
    slow.ask(&[
        open("sample-64MiB.bin", PACKET),
        run(1024, 3072, Order::InOrder),
    ]);
    assert!(matches!(slow.reply(), Reply::Welcome { .. }));
    let fetch = Fetch::new(1, link, 0, 512);
    let (_, took) = fetch.times(&server);
    assert!(took < at_rate(fetch.bytes(), 100.0) + SLACK, "{took:?}");
    // And it gets everything when it does read.
    slow.opened();
    for id in 1024..1536 {
        assert!(matches!(slow.hear(), Heard::Packet(this, _) if this == id));
    }
}

#[test]
fn a_reset_ends_the_connection_abruptly() {
    let server = server();
    let mut client = Client::silent(server.addr());
    client.hello_over([1; 16], "rtt_ms = 5\nreset_per_gib = 10000");
    client.ask(&[
        open("sample-64MiB.bin", PACKET),
        run(0, 4096, Order::InOrder),
    ]);
    let mut bin = Vec::new();
    let end = client.socket.read_to_end(&mut bin);
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert!(bin.len() < 60 << 20);
    wait_until("the session ends", || server.stats().links.is_empty());
}

#[test]
fn a_stop_is_prompt_while_a_slow_link_holds_bytes_back() {
    let server = Server::start(Config {
        patience: Patience {
            stop: Duration::ZERO,
            ..Patience::default()
        },
        ..common::config(None)
    })
    .unwrap();
    let mut clients: Vec<_> = (0..20)
        .map(|i| {
            let mut client = Client::silent(server.addr());
            client.hello_over([i % 2; 16], "rate_mbit = 2\nrtt_ms = 100");
            client.ask(&[
                open("sample-64MiB.bin", PACKET),
                run(0, 4096, Order::InOrder),
            ]);
            client
        })
        .collect();
    for client in &mut clients {
        assert!(matches!(client.reply(), Reply::Welcome { .. }));
    }
    assert_eq!(server.stats().links.len(), 2);
    let began = Instant::now();
    server.stop();
    assert!(
        began.elapsed() < Duration::from_secs(5),
        "{:?}",
        began.elapsed()
    );
}

#[test]
fn the_link_report_comes_at_once_and_the_numbers_say_what_is_under_way() {
    let server = server();
    let mut client = Client::silent(server.addr());
    client.hello_over([7; 16], "rate_mbit = 50\nrtt_ms = 100\nbuffer_kib = 30");
    client.ask(&[
        open("sample-64MiB.bin", PACKET),
        run(0, 128, Order::InOrder),
    ]);
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    client.opened();
    for _ in 0..128 {
        assert!(matches!(client.hear(), Heard::Packet(..)));
    }
    let stats = server.stats();
    let link = &stats.links[0];
    assert_eq!((link.session, link.connections), ([7; 16], 1));
    assert!(link.profile.contains("rate_mbit = 50"), "{}", link.profile);
    assert!(link.flows[0].cwnd > 0 && link.lateness_p99 > Duration::ZERO);
    client.ask(&[Request::LinkReport]);
    match client.reply() {
        Reply::LinkReport(report) => {
            assert!(report.lateness_p99_us > 0);
            assert!(report.lost > 0 && report.dropped > 0, "{report:?}");
        }
        other => panic!("{other:?}"),
    }
}
