//! A server whose `Opened` reply is invalid or differs between connections.

use lanes_shared::checksum::Digest;
use lanes_shared::packet::MAX_PACKET_LEN;
use lanes_shared::wire::{Opened, Reply, Request};

use super::scenario::{PACKET_LEN, Scenario, check_all};

#[test]
fn invalid_and_inconsistent_opened_replies_are_rejected() {
    fn opened(
        name: &str,
        words: &[&'static str],
        change: impl Fn(&mut Opened) + Send + Sync + 'static,
    ) -> Scenario {
        Scenario::fails(name, words, move |connection, _, request| {
            if !matches!(request, Request::Open { .. }) {
                return Ok(false);
            }
            let mut opened = connection.opened();
            change(&mut opened);
            connection.send(&Reply::Opened(opened))?;
            Ok(true)
        })
    }
    /// A different reply on each connection. Connection 0 delivers nothing, because it could complete the
    /// download before another connection opens the file.
    fn differs(
        name: &str,
        words: &[&'static str],
        change: impl Fn(&mut Opened, usize) + Send + Sync + 'static,
    ) -> Scenario {
        Scenario::fails(
            name,
            words,
            move |connection, number, request| match request {
                Request::Open { .. } => {
                    let mut opened = connection.opened();
                    change(&mut opened, number);
                    connection.send(&Reply::Opened(opened))?;
                    Ok(true)
                }
                Request::Run(_) | Request::Segment { .. } if number == 0 => {
                    connection.stay_silent()
                }
                _ => Ok(false),
            },
        )
    }
    let mut scenarios = Vec::new();
    for len in [u64::MAX, i64::MAX as u64, 1 << 62, 1 << 50] {
        let name = format!("{len} bytes");
        let words = ["needs", "too large", "cannot write", "free"];
        scenarios.push(opened(&name, &words, move |o| o.len = len));
    }
    for packet_len in [0, 1, 127, PACKET_LEN * 2, MAX_PACKET_LEN + 1, u32::MAX] {
        let name = format!("packets of {packet_len}");
        scenarios.push(opened(&name, &["packet length"], move |o| {
            o.packet_len = packet_len;
        }));
    }
    scenarios.extend([
        opened("nanoseconds out of range", &["protocol"], |o| {
            o.modified_nanos = 1_000_000_000;
        }),
        opened(
            "length 0 with the digest of another file",
            &["digest", "protocol"],
            |o| o.len = 0,
        ),
        opened(
            "length one byte too short",
            &["digest", "lost", "protocol", "gone"],
            |o| o.len -= 1,
        ),
        opened("wrong digest", &["digest"], |o| {
            o.digest = Some(Digest([1; 32]));
        }),
        differs("different length per connection", &["changed"], |o, n| {
            o.len += n as u64;
        }),
        differs(
            "different modification time per connection",
            &["changed"],
            |o, n| {
                o.modified_secs += n as i64;
            },
        ),
        differs(
            "different digest per connection",
            &["changed", "digest"],
            |o, n| {
                o.digest = Some(Digest([n as u8; 32]));
            },
        ),
    ]);
    for (name, secs) in [
        ("earliest modification time", i64::MIN),
        ("latest modification time", i64::MAX),
    ] {
        scenarios.push(Scenario::saved(name, move |connection, _, request| {
            if !matches!(request, Request::Open { .. }) {
                return Ok(false);
            }
            let mut opened = connection.opened();
            opened.modified_secs = secs;
            connection.send(&Reply::Opened(opened))?;
            Ok(true)
        }));
    }
    check_all(scenarios);
}
