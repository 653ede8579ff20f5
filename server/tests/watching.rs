//! What a running server tells whoever watches it, and a link that is changed while it runs.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic too")]

mod common;

use std::time::{Duration, Instant};

use common::{Client, Heard, PATIENCE, open, run, wait_until};
use lanes_server::{Config, LogLevel, Protocol, Server};
use lanes_shared::link::{LinkProfile, named};
use lanes_shared::packet::PacketPlan;
use lanes_shared::wire::{Order, Refusal, Reply};

fn over(link: &str) -> Server {
    Server::start(Config {
        link: Some(named(link).unwrap()),
        ..common::config(None)
    })
    .unwrap()
}

#[test]
fn a_peer_tells_protocol_file_rate_and_how_its_flow_does() {
    let server = over("rate_mbit = 8\nrtt_ms = 20\nbuffer_kib = 64\nloss_percent = 1");
    let silent = Client::silent(server.addr());
    wait_until("one is silent", || server.stats().peers.len() == 1);
    assert_eq!(server.stats().peers[0].protocol, None);
    drop(silent);
    let mut client = Client::new(server.addr());
    client.open("sample-8MiB.bin", 65_536);
    client.ask(&[run(0, 128, Order::InOrder)]);
    wait_until("the queue fills and packets are lost", || {
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
fn a_running_connection_goes_over_the_new_link_and_no_byte_is_lost() {
    let server = over("rate_mbit = 0.5\nrtt_ms = 20");
    let mut client = Client::new(server.addr());
    let opened = client.open("sample-8MiB.bin", 65_536);
    client.ask(&[run(0, 128, Order::InOrder)]);
    assert!(matches!(client.hear(), Heard::Packet(0, _)));
    let began = Instant::now();
    // At the old rate this would take two minutes.
    server
        .set_link(Some(named("rate_mbit = 400\nrtt_ms = 5").unwrap()))
        .unwrap();
    let plan = PacketPlan::new(opened.len, 65_536).unwrap();
    let mut file = vec![0; opened.len as usize];
    client.packets(127, &plan, &mut file);
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    let mut whole = vec![0; file.len()];
    lanes_shared::sample::Sample::new(5115).fill(0, &mut whole);
    assert!(file[65_536..] == whole[65_536..]);
    let stats = server.stats();
    assert!(stats.links[0].profile.contains("400"), "{stats:?}");

    // A new connection of the same session shares the new link, and so does one that is open.
    let mut second = Client::new(server.addr());
    second.open("Data.jpg", 1024);
    assert_eq!(server.stats().links[0].connections, 2);
    server.set_link(None).unwrap();
    second.ask(&[open("Data.jpg", 1024), run(0, 1000, Order::InOrder)]);
    second.opened();
    for _ in 0..1000 {
        assert!(matches!(second.hear(), Heard::Packet(..)));
    }
    let _third = Client::new(server.addr());
    assert_eq!(server.stats().links[0].connections, 2, "it has no link");
}

#[test]
fn a_wrong_link_changes_nothing_and_a_clients_own_stays() {
    let server = Server::start(common::config(None)).unwrap();
    let wrong = LinkProfile {
        rtt_ms: Some(-1.0),
        ..LinkProfile::default()
    };
    let error = server.set_link(Some(wrong)).unwrap_err().to_string();
    assert!(error.contains("rtt_ms"), "{error}");
    assert_eq!(server.link(), None);
    let mut own = Client::silent(server.addr());
    own.hello_over([9; 16], "rtt_ms = 3");
    assert!(matches!(own.reply(), Reply::Welcome { .. }));
    let slow = named("slow-4g").unwrap();
    server.set_link(Some(slow.clone())).unwrap();
    assert_eq!(server.link(), Some(slow));
    assert_eq!(server.stats().links[0].profile, "rtt_ms = 3.0");
}

#[test]
fn the_log_says_in_words_what_happened_and_can_be_read_on() {
    let server = Server::start(common::config(None)).unwrap();
    let mut client = Client::new(server.addr());
    client.open("Data.jpg", 1024);
    let lines = server.log(0);
    let words = |lines: &[lanes_server::LogLine]| {
        let words: Vec<_> = lines.iter().map(|line| line.message.clone()).collect();
        words.join("\n")
    };
    assert!(words(&lines).contains("Data.jpg"), "{}", words(&lines));
    assert!(words(&lines).contains("serving"), "{}", words(&lines));
    let last = lines.last().unwrap().number;
    assert!(server.log(last).is_empty());
    client.ask(&[open("not here", 1024)]);
    assert_eq!(client.refusal().0, Refusal::NoSuchFile);
    let new = server.log(last);
    assert_eq!(new.len(), 1, "{}", words(&new));
    assert_eq!(new[0].level, LogLevel::Notice);
    assert!(new[0].message.contains("not here"), "{}", words(&new));
}
