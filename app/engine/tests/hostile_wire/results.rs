//! Results of a class: servers that are full, lose the connection, refuse, or reply with something else.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lanes_engine::{CancelToken, SendResultError, ServerName, send_result};
use lanes_shared::class_result::{ClassMode, ClassPoint, ClassResult, Varied};
use lanes_shared::wire::{Refusal, Reply, Request};

use super::hostile_server::{Connection, HostileServer};
use super::outcome::LIMIT;

fn result() -> ClassResult {
    ClassResult {
        name: "Ada".to_owned(),
        file: "Data.jpg".to_owned(),
        file_len: 1000,
        mode: ClassMode::Parallel,
        varied: Varied::Connections,
        connections: 0,
        packet_len: 128,
        link: String::new(),
        points: vec![ClassPoint {
            value: 4,
            label: String::new(),
            runs: 1,
            failed: 0,
            median_us: 5,
            min_us: 5,
            max_us: 5,
        }],
    }
}

/// Sends a result to a server that replies to it, over the connection with this number, with `reply`.
fn send_to(
    reply: impl Fn(&mut Connection, usize) -> io::Result<bool> + Send + Sync + 'static,
    cancel: &CancelToken,
) -> Result<(), SendResultError> {
    let script = move |connection: &mut Connection, number: usize, request: &Request| match request
    {
        Request::Result(sent) => {
            assert_eq!(**sent, result());
            reply(connection, number)
        }
        _ => Ok(false),
    };
    let server = HostileServer::start(Arc::from([]), Arc::new(script));
    let name = ServerName {
        host: server.addr().ip().to_string(),
        port: server.addr().port(),
    };
    let begun = Instant::now();
    let sent = send_result(&name, &result(), cancel);
    assert!(begun.elapsed() < LIMIT, "hung");
    sent
}

fn send(
    reply: impl Fn(&mut Connection, usize) -> io::Result<bool> + Send + Sync + 'static,
) -> Result<(), SendResultError> {
    send_to(reply, &CancelToken::default())
}

#[test]
fn a_result_is_sent_again_while_the_server_is_full_or_loses_it() {
    let first = send(|_, _| Ok(false));
    let full = send(|connection, number| match number {
        0 => connection.refuse(Refusal::TooManyConnections, "the server is full"),
        _ => Ok(false),
    });
    let lost = send(|_, number| match number {
        0 => Err(io::ErrorKind::ConnectionReset.into()),
        _ => Ok(false),
    });
    for sent in [first, full, lost] {
        sent.unwrap();
    }
}

#[test]
fn refusals_are_final() {
    let none = send(|connection, _| connection.refuse(Refusal::KeepsNoResults, "no results here"));
    assert!(matches!(none, Err(SendResultError::KeepsNone)), "{none:?}");
    let earlier =
        send(|connection, _| connection.refuse(Refusal::BadRequest, "unknown message kind 0x09"));
    let Err(SendResultError::Unsupported(words)) = earlier else {
        panic!("{earlier:?}");
    };
    assert!(words.contains("0x09"), "{words}");
    let other = send(|connection, _| {
        connection.send(&Reply::Streaming { len: 9 })?;
        Ok(true)
    });
    let words = other.unwrap_err().to_string();
    assert!(words.contains("not requested"), "{words}");
}

#[test]
fn a_silent_server_is_left_as_soon_as_the_user_cancels() {
    let cancel = CancelToken::default();
    let from_another_thread = cancel.clone();
    let begun = Instant::now();
    let silent = move |connection: &mut Connection, _: usize| {
        from_another_thread.cancel();
        connection.stay_silent()
    };
    let sent = send_to(silent, &cancel);
    assert!(matches!(sent, Err(SendResultError::Cancelled)), "{sent:?}");
    assert!(begun.elapsed() < Duration::from_secs(10), "not at once");
}
