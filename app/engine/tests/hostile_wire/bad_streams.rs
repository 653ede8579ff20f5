//! A server whose stream has the wrong length or the wrong bytes.

use std::io;
use std::sync::Arc;

use lanes_shared::wire::{Reply, Request};

use super::hostile_server::Connection;
use super::scenario::{LEN, Scenario, check_all};

#[test]
fn wrong_streams_are_rejected_and_truncated_ones_are_resumed() {
    fn stream(
        name: &str,
        words: &[&'static str],
        send: fn(&mut Connection, u64) -> io::Result<()>,
    ) -> Scenario {
        let scenario = Scenario::fails(name, words, move |connection, _, request| match request {
            Request::Stream { offset } => {
                send(connection, *offset)?;
                Ok(true)
            }
            _ => Ok(false),
        });
        scenario.stream()
    }
    fn send_head(connection: &mut Connection, len: u64) -> io::Result<()> {
        connection.send(&Reply::Streaming { len })
    }
    let length_error = ["lost"];
    check_all(vec![
        stream("length 0", &length_error, |connection, _| {
            send_head(connection, 0)
        }),
        stream(
            "endless heads of length 0",
            &length_error,
            |connection, _| {
                connection
                    .send_forever(&Reply::Streaming { len: 0 })
                    .map(drop)
            },
        ),
        stream("length u64::MAX", &length_error, |connection, _| {
            send_head(connection, u64::MAX)
        }),
        stream(
            "length one byte too short",
            &length_error,
            |connection, offset| send_head(connection, LEN as u64 - offset - 1),
        ),
        stream(
            "length one byte too long",
            &length_error,
            |connection, offset| send_head(connection, LEN as u64 - offset + 1),
        ),
        stream(
            "packet instead of a stream",
            &length_error,
            |connection, _| {
                let packet = connection.packet_frame(0);
                connection.send_raw(&packet)
            },
        ),
        stream("inverted bytes", &["digest"], |connection, offset| {
            let file = Arc::clone(&connection.file);
            send_head(connection, LEN as u64 - offset)?;
            let inverted: Vec<u8> = file[offset as usize..].iter().map(|b| !b).collect();
            connection.send_raw(&inverted)
        }),
        Scenario::either(
            "trailing bytes",
            |connection: &mut Connection, _, request: &Request| {
                if let Request::Stream { .. } = request {
                    connection.reply_correctly(request)?;
                    connection.send_raw(&[0; 1000])?;
                    return Ok(true);
                }
                Ok(false)
            },
        )
        .stream(),
        Scenario::saved(
            "closed after half, on two connections",
            |connection: &mut Connection, number, request: &Request| match request {
                Request::Stream { offset } if number < 2 => {
                    let file = Arc::clone(&connection.file);
                    send_head(connection, LEN as u64 - offset)?;
                    let rest = &file[*offset as usize..];
                    connection.send_raw(&rest[..rest.len() / 2])?;
                    Err(io::ErrorKind::Other.into())
                }
                _ => Ok(false),
            },
        )
        .stream(),
    ]);
}
