//! A server that sends damaged, duplicate, out-of-order, or unrequested packets.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use lanes_shared::wire::{Reply, Request};

use super::hostile_server::{Connection, Script, encode_packet};
use super::scenario::{PACKET_LEN, Scenario, check_all};

#[test]
fn bad_packets_are_rejected_and_repairable_ones_are_fetched_again() {
    /// A scenario in which `send` replies to requests for packets, given their ids.
    fn packets(
        scenario: fn(&str, Box<Script>) -> Scenario,
        name: &str,
        send: fn(&mut Connection, usize, Vec<u64>) -> io::Result<()>,
    ) -> Scenario {
        let script = move |connection: &mut Connection, number: usize, request: &Request| {
            if !matches!(request, Request::Run(_) | Request::Segment { .. }) {
                return Ok(false);
            }
            let ids = connection.requested_packets(request).collect();
            send(connection, number, ids)?;
            Ok(true)
        };
        scenario(name, Box::new(script))
    }
    let saved: fn(&str, Box<Script>) -> Scenario = |name, script| Scenario::saved(name, script);
    let fails: fn(&str, Box<Script>) -> Scenario =
        |name, script| Scenario::fails(name, &["gone", "not requested", "damaged"], script);
    fn send_correct(
        connection: &mut Connection,
        ids: impl IntoIterator<Item = u64>,
    ) -> io::Result<()> {
        for id in ids {
            let packet = connection.packet_frame(id);
            connection.send_raw(&packet)?;
        }
        Ok(())
    }
    check_all(vec![
        packets(saved, "reverse order", |connection, _, ids| {
            send_correct(connection, ids.into_iter().rev())
        }),
        packets(
            saved,
            "first packet missing, then close, on three connections",
            |connection, number, ids| {
                let keep = usize::from(number < 3);
                send_correct(connection, ids.into_iter().skip(keep))?;
                match keep {
                    0 => Ok(()),
                    _ => Err(io::ErrorKind::Other.into()),
                }
            },
        ),
        packets(saved, "duplicates", |connection, number, ids| {
            let times = if number < 3 { 2 } else { 1 };
            send_correct(
                connection,
                ids.into_iter()
                    .flat_map(|id| std::iter::repeat_n(id, times)),
            )
        }),
        packets(
            saved,
            "damaged copy after each packet",
            |connection, number, ids| {
                for id in ids {
                    let mut frame = connection.packet_frame(id);
                    connection.send_raw(&frame)?;
                    if number < 3 {
                        frame[50] ^= 1;
                        connection.send_raw(&frame)?;
                    }
                }
                Ok(())
            },
        ),
        packets(
            saved,
            "every fourth packet damaged",
            |connection, number, ids| {
                for id in ids {
                    if id % 4 == 0 && number < 3 {
                        let mut frame = connection.packet_frame(id);
                        frame[50] ^= 1;
                        connection.send_raw(&frame)?;
                        continue;
                    }
                    send_correct(connection, [id])?;
                }
                Ok(())
            },
        ),
        packets(
            saved,
            "damaged packet followed by a correct copy",
            |connection, number, ids| {
                for id in ids {
                    let mut frame = connection.packet_frame(id);
                    if id % 8 == 0 && number < 3 {
                        frame[50] ^= 1;
                        connection.send_raw(&frame)?;
                        frame[50] ^= 1;
                    }
                    connection.send_raw(&frame)?;
                }
                Ok(())
            },
        ),
        packets(fails, "every packet damaged", |connection, _, ids| {
            for id in ids {
                let mut frame = connection.packet_frame(id);
                *frame.last_mut().unwrap() ^= 0x80;
                connection.send_raw(&frame)?;
            }
            Ok(())
        }),
        packets(fails, "id of the next packet", |connection, _, ids| {
            for id in ids {
                let next = (id + 1) % connection.plan().count();
                let mut frame = connection.packet_frame(id);
                frame[8..16].copy_from_slice(&next.to_le_bytes());
                connection.send_raw(&frame)?;
            }
            Ok(())
        }),
        packets(fails, "id after the last packet", |connection, _, _| {
            let (count, bytes) = (connection.plan().count(), connection.packet_bytes(0));
            connection.send_raw(&encode_packet(count, &bytes))
        }),
        packets(fails, "id of u64::MAX", |connection, _, _| {
            let bytes = connection.packet_bytes(0);
            connection.send_raw(&encode_packet(u64::MAX, &bytes))
        }),
        packets(fails, "id whose offset overflows", |connection, _, _| {
            let bytes = connection.packet_bytes(0);
            connection.send_raw(&encode_packet(u64::MAX / u64::from(PACKET_LEN) + 1, &bytes))
        }),
        packets(fails, "packet one byte too short", |connection, _, ids| {
            let bytes = connection.packet_bytes(ids[0]);
            connection.send_raw(&encode_packet(ids[0], &bytes[1..]))
        }),
        packets(fails, "packet one byte too long", |connection, _, ids| {
            let mut bytes = connection.packet_bytes(ids[0]);
            bytes.push(0);
            connection.send_raw(&encode_packet(ids[0], &bytes))
        }),
        packets(fails, "unrequested packet", |connection, _, ids| {
            let last = connection.plan().count() - 1;
            let other = if ids[0] == 0 { last } else { 0 };
            send_correct(connection, [other])
        }),
        packets(fails, "stream instead of packets", |connection, _, _| {
            let file = Arc::clone(&connection.file);
            let len = file.len() as u64;
            connection.send(&Reply::Streaming { len })?;
            connection.send_raw(&file)
        }),
    ]);
}

/// The first connection delays its packets until a duplicate fetch on another connection has delivered
/// packet 0. It then sends half of packet 0, damaged, and stalls. The other connection continues after that.
#[test]
fn a_damaged_packet_never_overwrites_the_copy_from_a_duplicate_fetch() {
    let delivered = Arc::new(AtomicBool::new(false));
    let damaged = Arc::new(AtomicBool::new(false));
    let damage_sent = Arc::clone(&damaged);
    let requests = AtomicUsize::new(0);
    let script = move |connection: &mut Connection, _: usize, request: &Request| {
        let ids: Vec<u64> = connection.requested_packets(request).collect();
        if ids.first() != Some(&0) {
            return Ok(false);
        }
        // The connection with the first request owns packet 0.
        if requests.fetch_add(1, Ordering::Relaxed) == 0 {
            connection.wait_for(&delivered);
            let mut half = connection.packet_frame(0);
            half[30] ^= 1;
            half.truncate(2000);
            connection.send_raw(&half)?;
            damaged.store(true, Ordering::Relaxed);
            return connection.stay_silent();
        }
        for id in ids {
            let packet = connection.packet_frame(id);
            connection.send_raw(&packet)?;
            delivered.store(true, Ordering::Relaxed);
            connection.wait_for(&damaged);
        }
        Ok(true)
    };
    check_all(vec![Scenario::saved("damaged duplicate fetch", script)]);
    assert!(
        damage_sent.load(Ordering::Relaxed),
        "no duplicate fetch happened"
    );
}
