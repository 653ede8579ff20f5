//! A server that says what nobody asked, too much, or nothing.

use std::io;

use lanes_shared::wire::{Reply, Request};

use super::hostile_server::{Talk, packet_of, welcome};
use super::scenario::{PACKET_LEN, Scenario, check_all};

#[test]
fn an_honest_server_is_believed() {
    let honest = |_: &mut Talk, _: usize, _: &Request| Ok(false);
    check_all(vec![
        Scenario::saved("honest", honest),
        Scenario::saved("honest stream", honest).stream(),
    ]);
}

#[test]
fn a_dribble_a_flood_and_a_silence_are_given_up() {
    fn to(
        is: fn(&Request) -> bool,
        then: fn(&mut Talk) -> io::Result<bool>,
    ) -> impl Fn(&mut Talk, usize, &Request) -> io::Result<bool> + Send + Sync + 'static {
        move |talk, _, request| match is(request) {
            true => then(talk),
            false => Ok(false),
        }
    }
    let hello: fn(&Request) -> bool = |r| matches!(r, Request::Hello { .. });
    let open: fn(&Request) -> bool = |r| matches!(r, Request::Open { .. });
    let digest: fn(&Request) -> bool = |r| matches!(r, Request::Digest);
    check_all(vec![
        Scenario::fails("silence at once", &["no byte"], to(hello, Talk::silence)),
        Scenario::fails("silence at open", &["no byte"], to(open, Talk::silence)),
        Scenario::fails("silence at digest", &["digest"], to(digest, Talk::silence)),
        Scenario::fails(
            "welcome for ever",
            &["protocol"],
            to(hello, |t| t.flood(&welcome())),
        ),
        Scenario::fails(
            "opened for ever",
            &["protocol", "lost"],
            to(open, |talk| {
                let opened = Reply::Opened(talk.opened());
                talk.flood(&opened)
            }),
        ),
        Scenario::fails(
            "a digest that never is",
            &["digest"],
            to(digest, move |talk| talk.flood(&pending())),
        ),
        Scenario::saved(
            "a digest that is late",
            to(digest, |talk| {
                for _ in 0..5 {
                    talk.say(&Reply::DigestIs {
                        digest: None,
                        hashed: 9,
                    })?;
                }
                Ok(false)
            }),
        ),
        Scenario::fails(
            "a digest nobody asked for",
            &["protocol"],
            to(hello, |talk| {
                talk.say(&welcome())?;
                talk.flood(&pending())
            }),
        ),
        Scenario::fails(
            "dribbling",
            &["took longer"],
            to(hello, |talk| {
                let mut long = Vec::new();
                Reply::Welcome {
                    software: "x".repeat(500),
                }
                .encode(&mut long);
                talk.dribble(&long)
            }),
        ),
        Scenario::fails("no welcome", &["not asked"], to(hello, |_| Ok(true))),
        Scenario::fails(
            "a hang-up at once",
            &["closed", "reset"],
            to(hello, |_| Err(io::ErrorKind::Other.into())),
        ),
        Scenario::fails(
            "a hang-up at open",
            &["closed", "reset"],
            to(open, |_| Err(io::ErrorKind::Other.into())),
        ),
        Scenario::fails(
            "something else",
            &["protocol"],
            to(hello, |talk| {
                talk.raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")?;
                talk.silence()
            }),
        ),
        Scenario::fails(
            "packets before the file",
            &["not asked"],
            to(hello, |talk| {
                talk.say(&welcome())?;
                talk.raw(&packet_of(0, &[1; PACKET_LEN as usize]))?;
                talk.silence()
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
