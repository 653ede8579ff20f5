//! Selection of the link: profiles of clients and the default of the server.

use std::time::Duration;

use super::common;
use super::common::{Client, Frame, open, run, wait_until};
use super::{Fetch, PACKET, server};
use lanes_server::{Config, Server};
use lanes_shared::link::parse_profile;
use lanes_shared::wire::{Order, Refusal, Reply, Request};

#[test]
fn the_connection_limit_of_the_link_is_reported() {
    let server = server();
    let link = "rtt_ms = 1\nmax_connections = 2";
    let mut taken = [0, 1].map(|_| {
        let mut client = Client::silent(server.addr());
        client.hello_with_link([1; 16], link);
        assert!(matches!(client.reply(), Reply::Welcome { .. }));
        client
    });
    let mut third = Client::silent(server.addr());
    third.hello_with_link([1; 16], link);
    let (refusal, message) = third.refusal();
    assert_eq!(refusal, Refusal::TooManyConnections);
    assert!(
        message.contains("max_connections") && message.contains('2'),
        "{message}"
    );
    // Each session has its own limit.
    let mut other = Client::silent(server.addr());
    other.hello_with_link([2; 16], link);
    assert!(matches!(other.reply(), Reply::Welcome { .. }));
    taken[0].open("Data.jpg", PACKET);
}

#[test]
fn a_session_has_one_link() {
    let server = server();
    let mut first = Client::silent(server.addr());
    first.hello_with_link([1; 16], "rtt_ms = 1");
    assert!(matches!(first.reply(), Reply::Welcome { .. }));
    let mut second = Client::silent(server.addr());
    second.hello_with_link([1; 16], "rtt_ms = 2");
    let (refusal, message) = second.refusal();
    assert_eq!(refusal, Refusal::BadRequest);
    assert!(message.contains("one link"), "{message}");
}

#[test]
fn a_fixed_link_excludes_profiles_of_clients() {
    let server = Server::start(Config {
        link: Some(parse_profile("rtt_ms = 40").unwrap()),
        fixed_link: true,
        ..common::config(None)
    })
    .unwrap();
    let mut client = Client::silent(server.addr());
    client.hello_with_link([1; 16], "clean-cable");
    let (refusal, message) = client.refusal();
    assert_eq!(refusal, Refusal::BadRequest);
    assert!(message.contains("--fixed-link"), "{message}");
    let (first, _) = Fetch::new(2, "", 0, 1).times(&server);
    assert!(first >= Duration::from_millis(80), "{first:?}");
}

#[test]
fn the_profile_of_a_client_overrides_the_default() {
    let server = Server::start(Config {
        link: Some(parse_profile("rtt_ms = 300").unwrap()),
        ..common::config(None)
    })
    .unwrap();
    let (first, _) = Fetch::new(1, "", 0, 1).times(&server);
    assert!(first >= Duration::from_millis(600), "{first:?}");
    wait_until("the session has ended", || server.stats().links.is_empty());
    let mut open = Client::silent(server.addr());
    open.hello_with_link([2; 16], "open-loopback");
    assert!(matches!(open.reply(), Reply::Welcome { .. }));
    assert!(server.stats().links.is_empty(), "a link is emulated");
    let mut client = Client::silent(server.addr());
    client.hello_with_link([3; 16], "slow-4g");
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    assert_eq!(server.stats().links[0].profile, "slow-4g");
}

#[test]
fn an_unknown_name_is_refused_over_the_link_too() {
    let server = server();
    let mut client = Client::silent(server.addr());
    client.hello_with_link([1; 16], "rtt_ms = 20");
    client.request(&[open("no-such", PACKET), run(0, 1, Order::InOrder)]);
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    assert_eq!(client.refusal().0, Refusal::NoSuchFile);
    client.open("Data.jpg", PACKET);
    client.request(&[Request::Open {
        name: "Data.jpg".to_owned(),
        packet_len: 1,
    }]);
    assert_eq!(client.refusal().0, Refusal::BadRequest);
    assert_eq!(client.receive(), Frame::End);
}
