//! Statistics and event log of a running server, and changes of its link.

#![allow(clippy::unwrap_used, reason = "test helpers panic on failure")]

mod common;

use std::time::{Duration, Instant};

use common::{Client, Frame, TIMEOUT, open, run, wait_until};
use lanes_server::{Config, LogLevel, Protocol, Server};
use lanes_shared::link::{LinkProfile, parse_profile};
use lanes_shared::packet::PacketPlan;
use lanes_shared::wire::{Order, Refusal, Reply};

fn server_with_link(link: &str) -> Server {
    Server::start(Config {
        link: Some(parse_profile(link).unwrap()),
        ..common::config(None)
    })
    .unwrap()
}

#[test]
fn a_peer_has_protocol_file_rate_and_flow() {
    let server = server_with_link("rate_mbit = 8\nrtt_ms = 20\nbuffer_kib = 64\nloss_percent = 1");
    let silent = Client::silent(server.addr());
    wait_until("the silent client is connected", || {
        server.stats().peers.len() == 1
    });
    assert_eq!(server.stats().peers[0].protocol, None);
    drop(silent);
    let mut client = Client::new(server.addr());
    client.open("sample-8MiB.bin", 65_536);
    client.request(&[run(0, 128, Order::InOrder)]);
    wait_until("the queue has filled and packets are lost", || {
        let stats = server.stats();
        let (Some(peer), Some(link)) = (stats.peers.last(), stats.links.first()) else {
            return false;
        };
        let Some(flow) = peer.flow else { return false };
        assert_eq!(peer.protocol, Some(Protocol::Lanes));
        assert_eq!(peer.file, "sample-8MiB.bin");
        assert_eq!(link.buffer_bytes, 64 * 1024);
        assert!(link.queue_bytes <= link.buffer_bytes);
        assert_eq!(flow.connection, peer.id);
        let rate = peer.bytes_per_sec;
        link.queue_bytes > 0
            && flow.lost > 0
            && link.lost >= flow.lost
            && flow.cwnd > 0
            && flow.round_trip >= Duration::from_millis(20)
            && rate > 0
            && rate < 2_000_000
            && stats.bytes_per_sec > 0
    });
}

#[test]
fn a_running_connection_moves_to_a_new_link_without_losing_bytes() {
    let server = server_with_link("rate_mbit = 0.5\nrtt_ms = 20");
    let mut client = Client::new(server.addr());
    let opened = client.open("sample-8MiB.bin", 65_536);
    client.request(&[run(0, 128, Order::InOrder)]);
    assert!(matches!(client.receive(), Frame::Packet(0, _)));
    let began = Instant::now();
    // At the old rate the transfer would take two minutes.
    server
        .set_link(Some(parse_profile("rate_mbit = 400\nrtt_ms = 5").unwrap()))
        .unwrap();
    let plan = PacketPlan::new(opened.len, 65_536).unwrap();
    let mut file = vec![0; opened.len as usize];
    client.packets(127, &plan, &mut file);
    assert!(began.elapsed() < TIMEOUT, "{:?}", began.elapsed());
    let mut whole = vec![0; file.len()];
    lanes_shared::sample::Sample::new(5115).fill(0, &mut whole);
    assert!(file[65_536..] == whole[65_536..]);
    let stats = server.stats();
    assert!(stats.links[0].profile.contains("400"), "{stats:?}");

    // A new connection of the session shares the new link with the open one.
    let mut second = Client::new(server.addr());
    second.open("Data.jpg", 1024);
    assert_eq!(server.stats().links[0].connections, 2);
    server.set_link(None).unwrap();
    second.request(&[open("Data.jpg", 1024), run(0, 1000, Order::InOrder)]);
    second.opened();
    for _ in 0..1000 {
        assert!(matches!(second.receive(), Frame::Packet(..)));
    }
    let _third = Client::new(server.addr());
    assert_eq!(
        server.stats().links[0].connections,
        2,
        "the third connection has no link"
    );
}

#[test]
fn an_invalid_link_changes_nothing_and_profiles_of_clients_stay() {
    let server = Server::start(common::config(None)).unwrap();
    let wrong = LinkProfile {
        rtt_ms: Some(-1.0),
        ..LinkProfile::default()
    };
    let error = server.set_link(Some(wrong)).unwrap_err().to_string();
    assert!(error.contains("rtt_ms"), "{error}");
    assert_eq!(server.link(), None);
    let mut own = Client::silent(server.addr());
    own.hello_with_link([9; 16], "rtt_ms = 3");
    assert!(matches!(own.reply(), Reply::Welcome { .. }));
    let slow = parse_profile("slow-4g").unwrap();
    server.set_link(Some(slow.clone())).unwrap();
    assert_eq!(server.link(), Some(slow));
    assert_eq!(server.stats().links[0].profile, "rtt_ms = 3.0");
}

#[test]
fn the_log_can_be_read_incrementally() {
    let server = Server::start(common::config(None)).unwrap();
    let mut client = Client::new(server.addr());
    client.open("Data.jpg", 1024);
    let lines = server.log(0);
    let messages = |lines: &[lanes_server::LogLine]| {
        let messages: Vec<_> = lines.iter().map(|line| line.message.clone()).collect();
        messages.join("\n")
    };
    assert!(
        messages(&lines).contains("Data.jpg"),
        "{}",
        messages(&lines)
    );
    assert!(messages(&lines).contains("serving"), "{}", messages(&lines));
    let last = lines.last().unwrap().number;
    assert!(server.log(last).is_empty());
    client.request(&[open("not here", 1024)]);
    assert_eq!(client.refusal().0, Refusal::NoSuchFile);
    let new = server.log(last);
    assert_eq!(new.len(), 1, "{}", messages(&new));
    assert_eq!(new[0].level, LogLevel::Notice);
    assert!(new[0].message.contains("not here"), "{}", messages(&new));
}
