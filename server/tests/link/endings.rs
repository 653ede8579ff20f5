//! Ends of connections on an emulated link, and the link report.

use std::io::Read as _;
use std::time::{Duration, Instant};

use super::common;
use super::common::{Client, Frame, open, run, wait_until};
use super::{PACKET, server};
use lanes_server::{Config, Server, Timeouts};
use lanes_shared::wire::{Order, Reply, Request};

#[test]
fn an_emulated_reset_resets_the_socket() {
    let server = server();
    let mut client = Client::silent(server.addr());
    client.hello_with_link([1; 16], "rtt_ms = 5\nreset_per_gib = 10000");
    client.request(&[
        open("sample-64MiB.bin", PACKET),
        run(0, 4096, Order::InOrder),
    ]);
    let mut bytes = Vec::new();
    let end = client.socket.read_to_end(&mut bytes);
    assert_eq!(end.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    assert!(bytes.len() < 60 << 20);
    wait_until("the session has ended", || server.stats().links.is_empty());
}

#[test]
fn a_stop_does_not_wait_for_a_slow_link() {
    let server = Server::start(Config {
        timeouts: Timeouts {
            shutdown: Duration::ZERO,
            ..Timeouts::default()
        },
        ..common::config(None)
    })
    .unwrap();
    let mut clients: Vec<_> = (0..20)
        .map(|i| {
            let mut client = Client::silent(server.addr());
            client.hello_with_link([i % 2; 16], "rate_mbit = 2\nrtt_ms = 100");
            client.request(&[
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
fn the_link_report_bypasses_the_link_and_matches_the_statistics() {
    let server = server();
    let mut client = Client::silent(server.addr());
    client.hello_with_link([7; 16], "rate_mbit = 50\nrtt_ms = 100\nbuffer_kib = 30");
    client.request(&[
        open("sample-64MiB.bin", PACKET),
        run(0, 128, Order::InOrder),
    ]);
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    client.opened();
    for _ in 0..128 {
        assert!(matches!(client.receive(), Frame::Packet(..)));
    }
    let stats = server.stats();
    let link = &stats.links[0];
    assert_eq!((link.session, link.connections), ([7; 16], 1));
    assert!(link.profile.contains("rate_mbit = 50"), "{}", link.profile);
    assert!(link.flows[0].cwnd > 0 && link.lateness_p99 > Duration::ZERO);
    client.request(&[Request::LinkReport]);
    match client.reply() {
        Reply::LinkReport(report) => {
            assert!(report.lateness_p99_us > 0);
            assert!(report.lost > 0 && report.dropped > 0, "{report:?}");
        }
        other => panic!("{other:?}"),
    }
}
