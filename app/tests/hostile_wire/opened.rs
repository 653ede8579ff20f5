//! A server whose file cannot be, or is another each time.

use lanes_shared::checksum::Digest;
use lanes_shared::packet::MAX_PACKET_LEN;
use lanes_shared::wire::{Opened, Reply, Request};

use super::scenario::{PACKET_LEN, Scenario, check_all};

#[test]
fn a_file_that_cannot_be() {
    fn opened(
        name: &str,
        words: &[&'static str],
        change: impl Fn(&mut Opened) + Send + Sync + 'static,
    ) -> Scenario {
        Scenario::fails(name, words, move |talk, _, request| {
            if !matches!(request, Request::Open { .. }) {
                return Ok(false);
            }
            let mut opened = talk.opened();
            change(&mut opened);
            talk.say(&Reply::Opened(opened))?;
            Ok(true)
        })
    }
    /// Another file on each connection. The first brings nothing: it could have brought it all
    /// before another has opened its own.
    fn differs(
        name: &str,
        words: &[&'static str],
        change: impl Fn(&mut Opened, usize) + Send + Sync + 'static,
    ) -> Scenario {
        Scenario::fails(name, words, move |talk, number, request| match request {
            Request::Open { .. } => {
                let mut opened = talk.opened();
                change(&mut opened, number);
                talk.say(&Reply::Opened(opened))?;
                Ok(true)
            }
            Request::Run(_) | Request::Share { .. } if number == 0 => talk.silence(),
            _ => Ok(false),
        })
    }
    let mut scenarios = Vec::new();
    for len in [u64::MAX, i64::MAX as u64, 1 << 62, 1 << 50] {
        let name = format!("{len} bytes");
        let words = ["needs", "too large", "cannot write", "free"];
        scenarios.push(opened(&name, &words, move |o| o.len = len));
    }
    for packet_len in [0, 1, 127, PACKET_LEN * 2, MAX_PACKET_LEN + 1, u32::MAX] {
        let name = format!("packets of {packet_len}");
        scenarios.push(opened(&name, &["asked for"], move |o| {
            o.packet_len = packet_len;
        }));
    }
    scenarios.extend([
        opened("too many nanoseconds", &["protocol"], |o| {
            o.modified_nanos = 1_000_000_000;
        }),
        opened(
            "empty, and its digest is another's",
            &["digest", "protocol"],
            |o| o.len = 0,
        ),
        opened(
            "a byte less",
            &["digest", "lost", "protocol", "gone"],
            |o| o.len -= 1,
        ),
        opened("a wrong digest", &["digest"], |o| {
            o.digest = Some(Digest([1; 32]));
        }),
        differs("another length each time", &["changed"], |o, n| {
            o.len += n as u64;
        }),
        differs("another time each time", &["changed"], |o, n| {
            o.modified_secs += n as i64;
        }),
        differs(
            "another digest each time",
            &["changed", "digest"],
            |o, n| {
                o.digest = Some(Digest([n as u8; 32]));
            },
        ),
    ]);
    for (name, secs) in [
        ("the first moment", i64::MIN),
        ("the last moment", i64::MAX),
    ] {
        scenarios.push(Scenario::saved(name, move |talk, _, request| {
            if !matches!(request, Request::Open { .. }) {
                return Ok(false);
            }
            let mut opened = talk.opened();
            opened.modified_secs = secs;
            talk.say(&Reply::Opened(opened))?;
            Ok(true)
        }));
    }
    check_all(scenarios);
}
