//! A server that keeps to the form of the protocol and says what is not so, what nobody asked, too
//! much, or nothing.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use lanes::engine::{Mode, Request as Wanted};
use lanes_shared::checksum::Digest;
use lanes_shared::packet::MAX_PACKET_LEN;
use lanes_shared::wire::{Opened, Refusal, Reply, Request};

use super::common::{bytes, request};
use super::hostile::{Hostile, Script, Talk, packet_of, welcome};
use super::judge::{self, NAME};
use super::pool;

/// How many scenarios run beside each other: most of them wait.
const AT_A_TIME: usize = 80;
const LEN: usize = 300_000;
const PACKET_LEN: u32 = 4096;

/// How a scenario must end.
enum End {
    /// In the right bytes.
    Saved,
    /// In a failure that says one of these words.
    Fails(Vec<&'static str>),
    /// In the right bytes or any failure in words.
    Either,
}

/// A server, and what becomes of a download from it.
pub struct Scenario {
    name: String,
    script: Arc<Script>,
    end: End,
    mode: Mode,
}

impl Scenario {
    fn new(
        name: &str,
        end: End,
        script: impl Fn(&mut Talk, usize, &Request) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.to_owned(),
            script: Arc::new(script),
            end,
            mode: Mode::Parallel,
        }
    }

    pub fn either(
        name: &str,
        script: impl Fn(&mut Talk, usize, &Request) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, End::Either, script)
    }

    pub fn saved(
        name: &str,
        script: impl Fn(&mut Talk, usize, &Request) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, End::Saved, script)
    }

    pub fn fails(
        name: &str,
        words: &[&'static str],
        script: impl Fn(&mut Talk, usize, &Request) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        Self::new(name, End::Fails(words.to_vec()), script)
    }

    fn stream(mut self) -> Self {
        self.mode = Mode::Stream;
        self
    }

    fn run(&self) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        let file: Arc<[u8]> = bytes(LEN, 7).into();
        let server = Hostile::start(Arc::clone(&file), Arc::clone(&self.script));
        let wanted = Wanted {
            connections: 3,
            mode: self.mode,
            packet_len: PACKET_LEN,
            ..request(server.addr(), NAME, folder.path())
        };
        let ended = judge::get(&wanted)?;
        judge::judge(&ended, folder.path(), &file)?;
        match (&self.end, ended.result) {
            (End::Either, _) | (End::Saved, Ok(_)) => Ok(()),
            (End::Saved, Err(error)) => Err(format!("not saved: {error}\n{}", ended.log)),
            (End::Fails(words), Err(error)) => {
                let said = error.to_string();
                match words.iter().any(|word| said.contains(word)) {
                    true => Ok(()),
                    false => Err(format!("the reason has none of {words:?}: {said}")),
                }
            }
            (End::Fails(_), Ok(_)) => Err("it was saved".into()),
        }
    }
}

/// Runs all of them, some at a time, and names those that ended wrongly.
pub fn check_all(scenarios: Vec<Scenario>) {
    let failures = Mutex::new(Vec::new());
    pool::run(scenarios, AT_A_TIME, |scenario| {
        if let Err(reason) = scenario.run() {
            let failure = format!("{}: {reason}", scenario.name);
            failures.lock().unwrap().push(failure);
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn pending() -> Reply {
    Reply::DigestIs {
        digest: None,
        hashed: 0,
    }
}

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
                frame[4..12].copy_from_slice(&next.to_le_bytes());
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

#[test]
fn every_refusal_at_every_place_is_said_in_words() {
    const ALL: [Refusal; 7] = [
        Refusal::NoSuchFile,
        Refusal::TooManyConnections,
        Refusal::BadRequest,
        Refusal::Version,
        Refusal::Changed,
        Refusal::Unreadable,
        Refusal::Stopping,
    ];
    let mut scenarios = Vec::new();
    for refusal in ALL {
        for place in 0..4 {
            let name = format!("{refusal:?} at {place}");
            scenarios.push(Scenario::fails(
                &name,
                &["NO NO"],
                move |talk, _, request| {
                    let here = match request {
                        Request::Hello { .. } => place == 0,
                        Request::Open { .. } => place == 1,
                        Request::Run(_) | Request::Share { .. } => place == 2,
                        _ => place == 3,
                    };
                    match here {
                        // More than anyone would read, and not for a terminal.
                        true => talk.refuse(refusal, &"\u{1b}[2J NO NO\r\n".repeat(4000)),
                        false => Ok(false),
                    }
                },
            ));
        }
        // One connection alone is refused once: the others have the file, and it comes again.
        if matches!(
            refusal,
            Refusal::BadRequest | Refusal::Version | Refusal::Stopping
        ) {
            let name = format!("{refusal:?}, once");
            scenarios.push(Scenario::saved(
                &name,
                move |talk, number, request| match request {
                    Request::Run(_) if number == 1 => talk.refuse(refusal, "not you"),
                    _ => Ok(false),
                },
            ));
        }
    }
    for code in [0u16, 8, u16::MAX] {
        let name = format!("refusal {code}");
        scenarios.push(Scenario::fails(&name, &["protocol"], move |talk, _, _| {
            let code = code.to_le_bytes();
            talk.frame(0xFF, 4, &[code[0], code[1], 0, 0])?;
            Ok(true)
        }));
    }
    check_all(scenarios);
}
