//! A server that sends unrequested replies, endless replies, or nothing.

use std::io;

use lanes_shared::wire::{Reply, Request};

use super::hostile_server::{Connection, encode_packet, welcome};
use super::scenario::{PACKET_LEN, Scenario, check_all};

#[test]
fn a_correct_server_delivers_the_file() {
    let correct = |_: &mut Connection, _: usize, _: &Request| Ok(false);
    check_all(vec![
        Scenario::saved("correct", correct),
        Scenario::saved("correct stream", correct).stream(),
    ]);
}

#[test]
fn slow_endless_missing_and_unrequested_replies_fail_the_download() {
    fn to(
        is: fn(&Request) -> bool,
        then: fn(&mut Connection) -> io::Result<bool>,
    ) -> impl Fn(&mut Connection, usize, &Request) -> io::Result<bool> + Send + Sync + 'static {
        move |connection, _, request| match is(request) {
            true => then(connection),
            false => Ok(false),
        }
    }
    let hello: fn(&Request) -> bool = |r| matches!(r, Request::Hello { .. });
    let open: fn(&Request) -> bool = |r| matches!(r, Request::Open { .. });
    let digest: fn(&Request) -> bool = |r| matches!(r, Request::Digest);
    check_all(vec![
        Scenario::fails(
            "no reply to hello",
            &["no byte"],
            to(hello, Connection::stay_silent),
        ),
        Scenario::fails(
            "no reply to open",
            &["no byte"],
            to(open, Connection::stay_silent),
        ),
        Scenario::fails(
            "no reply to digest",
            &["digest"],
            to(digest, Connection::stay_silent),
        ),
        Scenario::fails(
            "endless welcome",
            &["protocol"],
            to(hello, |connection| connection.send_forever(&welcome())),
        ),
        Scenario::fails(
            "endless opened",
            &["protocol", "lost"],
            to(open, |connection| {
                let opened = Reply::Opened(connection.opened());
                connection.send_forever(&opened)
            }),
        ),
        Scenario::fails(
            "digest always pending",
            &["digest"],
            to(digest, move |connection| {
                connection.send_forever(&pending())
            }),
        ),
        Scenario::saved(
            "digest after five pending replies",
            to(digest, |connection| {
                for _ in 0..5 {
                    connection.send(&Reply::DigestIs {
                        digest: None,
                        hashed: 9,
                    })?;
                }
                Ok(false)
            }),
        ),
        Scenario::fails(
            "unrequested digest",
            &["protocol"],
            to(hello, |connection| {
                connection.send(&welcome())?;
                connection.send_forever(&pending())
            }),
        ),
        Scenario::fails(
            "welcome byte by byte",
            &["took longer"],
            to(hello, |connection| {
                let mut long = Vec::new();
                Reply::Welcome {
                    software: "x".repeat(500),
                }
                .encode(&mut long);
                connection.send_slowly(&long)
            }),
        ),
        Scenario::fails(
            "open reply without welcome",
            &["not requested"],
            to(hello, |_| Ok(true)),
        ),
        Scenario::fails(
            "closed at hello",
            &["closed", "reset"],
            to(hello, |_| Err(io::ErrorKind::Other.into())),
        ),
        Scenario::fails(
            "closed at open",
            &["closed", "reset"],
            to(open, |_| Err(io::ErrorKind::Other.into())),
        ),
        Scenario::fails(
            "HTTP response",
            &["protocol"],
            to(hello, |connection| {
                connection.send_raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")?;
                connection.stay_silent()
            }),
        ),
        Scenario::fails(
            "packets before open",
            &["not requested"],
            to(hello, |connection| {
                connection.send(&welcome())?;
                connection.send_raw(&encode_packet(0, &[1; PACKET_LEN as usize]))?;
                connection.stay_silent()
            }),
        ),
    ]);
}

fn pending() -> Reply {
    Reply::DigestIs {
        digest: None,
        hashed: 0,
    }
}
