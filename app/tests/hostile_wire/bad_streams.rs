//! A server whose plain bytes are not those of the file.

use std::io;
use std::sync::Arc;

use lanes_shared::wire::{Reply, Request};

use super::hostile_server::Talk;
use super::scenario::{LEN, Scenario, check_all};

#[test]
fn a_stream_that_is_none() {
    fn stream(
        name: &str,
        words: &[&'static str],
        send: fn(&mut Talk, u64) -> io::Result<()>,
    ) -> Scenario {
        let scenario = Scenario::fails(name, words, move |talk, _, request| match request {
            Request::Stream { offset } => {
                send(talk, *offset)?;
                Ok(true)
            }
            _ => Ok(false),
        });
        scenario.stream()
    }
    fn say(talk: &mut Talk, len: u64) -> io::Result<()> {
        talk.say(&Reply::Streaming { len })
    }
    let gone = ["gone"];
    check_all(vec![
        stream("no bytes", &gone, |talk, _| say(talk, 0)),
        stream("no bytes for ever", &gone, |talk, _| {
            talk.flood(&Reply::Streaming { len: 0 }).map(drop)
        }),
        stream("all there are", &gone, |talk, _| say(talk, u64::MAX)),
        stream("a byte less", &gone, |talk, offset| {
            say(talk, LEN as u64 - offset - 1)
        }),
        stream("a byte more", &gone, |talk, offset| {
            say(talk, LEN as u64 - offset + 1)
        }),
        stream("packets", &gone, |talk, _| {
            let packet = talk.packet(0);
            talk.raw(&packet)
        }),
        stream("other bytes", &["digest"], |talk, offset| {
            let file = Arc::clone(&talk.file);
            say(talk, LEN as u64 - offset)?;
            let turned: Vec<u8> = file[offset as usize..].iter().map(|b| !b).collect();
            talk.raw(&turned)
        }),
        Scenario::either(
            "more than was said",
            |talk: &mut Talk, _, request: &Request| {
                if let Request::Stream { .. } = request {
                    talk.answer(request)?;
                    talk.raw(&[0; 1000])?;
                    return Ok(true);
                }
                Ok(false)
            },
        )
        .stream(),
        Scenario::saved(
            "half of it, and a hang-up, twice",
            |talk: &mut Talk, number, request: &Request| match request {
                Request::Stream { offset } if number < 2 => {
                    let file = Arc::clone(&talk.file);
                    say(talk, LEN as u64 - offset)?;
                    let rest = &file[*offset as usize..];
                    talk.raw(&rest[..rest.len() / 2])?;
                    Err(io::ErrorKind::Other.into())
                }
                _ => Ok(false),
            },
        )
        .stream(),
    ]);
}
