//! How a connection over a link ends, and what is said of the link.

use std::io::Read as _;
use std::time::{Duration, Instant};

use super::common;
use super::common::{Client, Heard, open, run, wait_until};
use super::{PACKET, server};
use lanes_server::{Config, Server, Timeouts};
use lanes_shared::wire::{Order, Reply, Request};

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
