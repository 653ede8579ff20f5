//! A server whose packets are wrong, late, double, or another's.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use lanes_shared::wire::{Reply, Request};

use super::hostile::{Script, Talk, packet_of};
use super::scenario::{PACKET_LEN, Scenario, check_all};

#[test]
fn packets_that_are_wrong_late_double_or_another_s() {
    /// Instead of the packets asked for, what `send` makes of their ids.
    fn packets(
        scenario: fn(&str, Box<Script>) -> Scenario,
        name: &str,
        send: fn(&mut Talk, usize, Vec<u64>) -> io::Result<()>,
    ) -> Scenario {
        let script = move |talk: &mut Talk, number: usize, request: &Request| {
            if !matches!(request, Request::Run(_) | Request::Share { .. }) {
                return Ok(false);
            }
            let ids = talk.asked(request).collect();
            send(talk, number, ids)?;
            Ok(true)
        };
        scenario(name, Box::new(script))
    }
    let saved: fn(&str, Box<Script>) -> Scenario = |name, script| Scenario::saved(name, script);
    let fails: fn(&str, Box<Script>) -> Scenario =
        |name, script| Scenario::fails(name, &["gone", "not asked", "damaged"], script);
    fn honest(talk: &mut Talk, ids: impl IntoIterator<Item = u64>) -> io::Result<()> {
        for id in ids {
            let packet = talk.packet(id);
            talk.raw(&packet)?;
        }
        Ok(())
    }
    check_all(vec![
        packets(saved, "backwards", |talk, _, ids| {
            honest(talk, ids.into_iter().rev())
        }),
        packets(
            saved,
            "all but one, and a hang-up, once",
            |talk, number, ids| {
                let keep = usize::from(number < 3);
                honest(talk, ids.into_iter().skip(keep))?;
                match keep {
                    0 => Ok(()),
                    _ => Err(io::ErrorKind::Other.into()),
                }
            },
        ),
        packets(saved, "each twice", |talk, number, ids| {
            let times = if number < 3 { 2 } else { 1 };
            honest(
                talk,
                ids.into_iter()
                    .flat_map(|id| std::iter::repeat_n(id, times)),
            )
        }),
        packets(saved, "a damaged copy behind each", |talk, number, ids| {
            for id in ids {
                let mut frame = talk.packet(id);
                talk.raw(&frame)?;
                if number < 3 {
                    frame[50] ^= 1;
                    talk.raw(&frame)?;
                }
            }
            Ok(())
        }),
        packets(
            saved,
            "a damaged one before each fourth",
            |talk, number, ids| {
                for id in ids {
                    if id % 4 == 0 && number < 3 {
                        let mut frame = talk.packet(id);
                        frame[50] ^= 1;
                        talk.raw(&frame)?;
                        continue;
                    }
                    honest(talk, [id])?;
                }
                Ok(())
            },
        ),
        packets(
            saved,
            "what was damaged comes again unasked",
            |talk, number, ids| {
                for id in ids {
                    let mut frame = talk.packet(id);
                    if id % 8 == 0 && number < 3 {
                        frame[50] ^= 1;
                        talk.raw(&frame)?;
                        frame[50] ^= 1;
                    }
                    talk.raw(&frame)?;
                }
                Ok(())
            },
        ),
        packets(fails, "all damaged", |talk, _, ids| {
            for id in ids {
                let mut frame = talk.packet(id);
                *frame.last_mut().unwrap() ^= 0x80;
                talk.raw(&frame)?;
            }
            Ok(())
        }),
        packets(fails, "each under the next one's number", |talk, _, ids| {
            for id in ids {
                let next = (id + 1) % talk.plan().count();
                let mut frame = talk.packet(id);
                frame[8..16].copy_from_slice(&next.to_le_bytes());
                talk.raw(&frame)?;
            }
            Ok(())
        }),
        packets(fails, "the number behind the last", |talk, _, _| {
            let (count, bytes) = (talk.plan().count(), talk.bytes(0));
            talk.raw(&packet_of(count, &bytes))
        }),
        packets(fails, "the greatest number", |talk, _, _| {
            let bytes = talk.bytes(0);
            talk.raw(&packet_of(u64::MAX, &bytes))
        }),
        packets(fails, "a number whose place overflows", |talk, _, _| {
            let bytes = talk.bytes(0);
            talk.raw(&packet_of(u64::MAX / u64::from(PACKET_LEN) + 1, &bytes))
        }),
        packets(fails, "a byte less", |talk, _, ids| {
            let bytes = talk.bytes(ids[0]);
            talk.raw(&packet_of(ids[0], &bytes[1..]))
        }),
        packets(fails, "a byte more", |talk, _, ids| {
            let mut bytes = talk.bytes(ids[0]);
            bytes.push(0);
            talk.raw(&packet_of(ids[0], &bytes))
        }),
        packets(fails, "another's", |talk, _, ids| {
            let last = talk.plan().count() - 1;
            let other = if ids[0] == 0 { last } else { 0 };
            honest(talk, [other])
        }),
        packets(fails, "plain bytes", |talk, _, _| {
            let file = Arc::clone(&talk.file);
            let len = file.len() as u64;
            talk.say(&Reply::Streaming { len })?;
            talk.raw(&file)
        }),
    ]);
}

/// The first connection holds its packets back until another, racing it, has brought the first of
/// them; then it sends half of that one too, damaged, and no more. The other ends its race after it.
#[test]
fn a_damaged_copy_never_overwrites_what_another_has_brought() {
    let brought = Arc::new(AtomicBool::new(false));
    let damaged = Arc::new(AtomicBool::new(false));
    let met = Arc::clone(&damaged);
    let askers = AtomicUsize::new(0);
    let script = move |talk: &mut Talk, _: usize, request: &Request| {
        let ids: Vec<u64> = talk.asked(request).collect();
        if ids.first() != Some(&0) {
            return Ok(false);
        }
        // The first to ask owns it, whoever that is.
        if askers.fetch_add(1, Ordering::Relaxed) == 0 {
            talk.wait_for(&brought);
            let mut half = talk.packet(0);
            half[30] ^= 1;
            half.truncate(2000);
            talk.raw(&half)?;
            damaged.store(true, Ordering::Relaxed);
            return talk.silence();
        }
        for id in ids {
            let packet = talk.packet(id);
            talk.raw(&packet)?;
            brought.store(true, Ordering::Relaxed);
            talk.wait_for(&damaged);
        }
        Ok(true)
    };
    check_all(vec![Scenario::saved("raced and damaged", script)]);
    assert!(met.load(Ordering::Relaxed), "nobody raced");
}
