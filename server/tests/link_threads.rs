//! Threads of the emulated link. A separate test program, because it inspects all threads of the
//! process.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "test helpers panic on failure")]

mod common;

use common::{Client, wait_until};
use lanes_server::Server;
use lanes_shared::wire::Reply;

/// Returns the names of all threads of the emulated link, sorted.
fn threads() -> Vec<String> {
    let mut names = common::threads();
    names.retain(|name| name.starts_with("pace"));
    names.sort();
    names
}

#[test]
fn a_session_has_one_pacer_and_a_writer_per_connection() {
    let server = Server::start(common::config(None)).unwrap();
    let _plain = Client::new(server.addr());
    assert_eq!(
        threads(),
        [""; 0],
        "a connection without a link has a thread"
    );
    let join = |session: u8| {
        let mut client = Client::silent(server.addr());
        client.hello_with_link([session; 16], "rtt_ms = 2");
        assert!(matches!(client.reply(), Reply::Welcome { .. }));
        client
    };
    let (first, second, other) = (join(1), join(1), join(2));
    assert_eq!(threads(), ["pace-2", "pace-3", "pace-4", "pacer", "pacer"]);
    drop(other);
    wait_until("the session has ended", || {
        threads() == ["pace-2", "pace-3", "pacer"]
    });
    drop(first);
    wait_until("the connection has ended", || {
        threads() == ["pace-3", "pacer"]
    });
    drop(second);
    wait_until("the last session has ended", || threads().is_empty());
    assert!(server.stats().links.is_empty());
    let _again = join(1);
    server.stop();
    assert_eq!(threads(), [""; 0]);
}
