//! Emulated links: their cost, clients that are gone, and session ids.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use super::common::http::HttpClient;
use super::common::{self, Client, Frame, wait_until};
use super::{
    HEAVY_LINK, SLOW_LINK, assert_serves_others, assert_stops, bundled, hello, long_requests,
    send_and_leave,
};
use lanes_server::{Config, Server, Timeouts};
use lanes_shared::link::parse_profile;
use lanes_shared::wire::{Refusal, Reply};

#[test]
fn background_traffic_of_clients_that_are_gone_costs_others_nothing() {
    let server = bundled(256);
    for i in 0..60 {
        send_and_leave(server.addr(), &hello([i; 16], HEAVY_LINK, &[]));
    }
    assert_serves_others(&server);
    assert_stops(server);
}

#[test]
fn sessions_that_need_more_than_the_processor_delay_neither_others_nor_a_stop() {
    let server = bundled(256);
    let mut clients: Vec<_> = (0..6)
        .map(|i| {
            let mut client = Client::silent(server.addr());
            client.hello_with_link([i; 16], HEAVY_LINK);
            client.request(&long_requests());
            client
        })
        .collect();
    for client in &mut clients {
        assert!(matches!(client.reply(), Reply::Welcome { .. }));
    }
    assert_serves_others(&server);
    assert!(server.stats().links.len() >= 6);
    assert_stops(server);
}

#[test]
fn only_a_few_sessions_of_one_client_wait_for_background_traffic() {
    let server = bundled(256);
    let mut clients: Vec<_> = (0..100)
        .map(|i| {
            let mut client = Client::silent(server.addr());
            client.hello_with_link([i; 16], HEAVY_LINK);
            client
        })
        .collect();
    let mut welcomed = 0;
    for client in &mut clients {
        match client.reply() {
            Reply::Welcome { .. } => welcomed += 1,
            Reply::Refused { refusal, message } => {
                assert_eq!(refusal, Refusal::TooManyConnections, "{message}");
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(welcomed >= 16, "{welcomed}");
    assert_stops(server);
}

#[cfg(target_os = "linux")]
#[test]
fn clients_that_left_a_slow_link_hold_no_slot() {
    let stalled = "stall_per_minute = 600\nstall_ms = 60000";
    for link in [SLOW_LINK, stalled] {
        let server = bundled(16);
        for i in 0..16 {
            send_and_leave(server.addr(), &hello([i; 16], link, &long_requests()));
        }
        wait_until("all have connected", || server.stats().accepted == 16);
        let began = Instant::now();
        wait_until("all slots are free", || server.stats().connections == 0);
        let took = began.elapsed();
        assert!(took < Duration::from_secs(20), "{took:?}");
        assert!(server.stats().links.is_empty());
        assert_serves_others(&server);
    }
}

#[test]
fn a_session_ends_when_its_link_delivers_nothing() {
    let server = Server::start(Config {
        timeouts: Timeouts {
            link: Duration::from_secs(1),
            ..Timeouts::default()
        },
        ..common::config(None)
    })
    .unwrap();
    let mut client = Client::silent(server.addr());
    client.hello_with_link([1; 16], SLOW_LINK);
    client.request(&long_requests());
    assert_eq!(client.receive(), Frame::End);
    wait_until("the session has ended", || server.stats().links.is_empty());
    // A session without requests, or whose link is only far, does not end.
    let mut far = Client::silent(server.addr());
    far.hello_with_link([2; 16], "rtt_ms = 400");
    assert!(matches!(far.reply(), Reply::Welcome { .. }));
    std::thread::sleep(Duration::from_millis(1500));
    assert!(far.open("Data.jpg", 1024).len > 0);
}

#[test]
fn a_client_that_closes_its_sending_side_gets_its_response_over_a_link() {
    let server = bundled(16);
    let mut client = Client::silent(server.addr());
    client.hello_with_link([1; 16], "rate_mbit = 4\nrtt_ms = 50");
    client.request(&[
        common::open("sample-1MiB.bin", 65_536),
        common::run(0, 16, lanes_shared::wire::Order::InOrder),
    ]);
    client.socket.shutdown(std::net::Shutdown::Write).unwrap();
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    client.opened();
    for _ in 0..16 {
        assert!(matches!(client.receive(), Frame::Packet(..)));
    }
    assert_eq!(client.receive(), Frame::End);
}

#[test]
fn a_lanes_client_cannot_take_the_session_of_an_address() {
    let server = Server::start(Config {
        link: Some(parse_profile("rtt_ms = 1").unwrap()),
        ..common::config(None)
    })
    .unwrap();
    let session = Ipv4Addr::LOCALHOST.to_ipv6_mapped().octets();
    let mut client = Client::silent(server.addr());
    client.hello_with_link(session, "rate_mbit = 1");
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    let mut http = HttpClient::new(server.addr());
    assert_eq!(http.get("/Data-50KB.jpg", "").status, 200);
    assert_eq!(server.stats().links.len(), 2);
    drop(client);
}
