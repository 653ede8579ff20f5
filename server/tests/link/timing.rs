//! Times on an emulated link: rate, round trips, caps and windows.

use std::time::{Duration, Instant};

use super::common::{Client, Frame, open, run};
use super::{Fetch, PACKET, SLACK, min_time, server, together};
use lanes_shared::wire::{Order, Reply};

#[test]
fn the_rate_of_the_link_is_not_exceeded() {
    let server = server();
    let fetch = Fetch::new(1, "rate_mbit = 20\nrtt_ms = 20", 0, 128);
    let (_, took) = fetch.times(&server);
    let least = min_time(fetch.bytes(), 20.0);
    assert!(took >= least, "{took:?} < {least:?}");
    assert!(took < least + SLACK, "{took:?}");
}

#[test]
fn connections_of_a_session_share_a_link_and_sessions_do_not() {
    let server = server();
    let link = "rate_mbit = 20\nrtt_ms = 10";
    let one = [Fetch::new(1, link, 0, 64), Fetch::new(1, link, 100, 64)];
    let shared = together(&server, &one);
    let both = min_time(2 * one[0].bytes(), 20.0);
    let last = shared.iter().max().unwrap();
    assert!(*last >= both, "{shared:?} < {both:?}");
    let apart = together(
        &server,
        &[Fetch::new(1, link, 0, 64), Fetch::new(2, link, 0, 64)],
    );
    for took in apart {
        assert!(took >= min_time(one[0].bytes(), 20.0));
        assert!(took < both + SLACK);
    }
}

#[test]
fn the_first_byte_takes_two_round_trips_and_later_replies_one() {
    let server = server();
    let rtt = Duration::from_millis(120);
    let mut client = Client::silent(server.addr());
    let began = Instant::now();
    client.hello_with_link([1; 16], "rtt_ms = 120");
    client.request(&[open("Data.jpg", PACKET), run(0, 1, Order::InOrder)]);
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    let first = began.elapsed();
    // The server accepted the connection a little before the measurement started.
    assert!(first >= 2 * rtt - Duration::from_millis(5), "{first:?}");
    assert!(first < 2 * rtt + SLACK, "{first:?}");
    client.opened();
    assert!(matches!(client.receive(), Frame::Packet(0, _)));
    let began = Instant::now();
    client.request(&[run(1, 1, Order::InOrder)]);
    assert!(matches!(client.receive(), Frame::Packet(1, _)));
    let later = began.elapsed();
    assert!(later >= rtt, "{later:?}");
    assert!(later < rtt + SLACK, "{later:?}");
}

#[test]
fn a_client_without_a_request_gets_the_welcome() {
    let server = server();
    let began = Instant::now();
    let mut client = Client::silent(server.addr());
    client.hello_with_link([1; 16], "rtt_ms = 20");
    assert!(matches!(client.reply(), Reply::Welcome { .. }));
    assert!(began.elapsed() >= Duration::from_millis(40));
    client.open("Data.jpg", PACKET);
}

#[test]
fn a_cap_limits_each_connection_separately() {
    let server = server();
    let link = "rate_mbit = 200\nrtt_ms = 10\nper_connection_mbit = 8";
    let all = [0, 50, 100, 150].map(|first| Fetch::new(1, link, first, 40));
    let least = Duration::from_secs_f64(40.0 * f64::from(PACKET) * 8.0 / 8e6);
    for took in together(&server, &all) {
        // The cap allows a burst of a few segments.
        assert!(
            took + Duration::from_millis(10) >= least,
            "{took:?} < {least:?}"
        );
        assert!(took < least + SLACK, "{took:?}");
    }
}

#[test]
fn a_window_limits_a_connection_to_one_window_per_round_trip() {
    let server = server();
    let fetch = Fetch::new(1, "rtt_ms = 50\nwindow_kib = 64", 0, 64);
    let (_, took) = fetch.times(&server);
    let rounds = fetch.bytes() / (64 * 1024);
    // Two round trips precede the first window, and the last window ends with its arrival.
    let least = Duration::from_millis(50) * (rounds as u32 + 1);
    assert!(took >= least, "{took:?} < {least:?}");
    assert!(took < least + SLACK, "{took:?}");
}
