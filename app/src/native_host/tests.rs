use std::cell::{Cell, RefCell};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// A receiver that keeps what it is given.
#[derive(Default)]
struct Kept {
    runs: Cell<bool>,
    is_broken: bool,
    taken: RefCell<Vec<HandedDownload>>,
}

impl Receiver for Kept {
    type Error = &'static str;

    fn is_running(&self) -> bool {
        self.runs.get()
    }

    fn give(&self, downloads: &[HandedDownload]) -> Result<bool, Self::Error> {
        if self.runs.get() {
            self.taken.borrow_mut().extend_from_slice(downloads);
        }
        Ok(self.runs.get())
    }

    fn start_and_give(&self, downloads: &[HandedDownload]) -> Result<(), Self::Error> {
        if self.is_broken {
            return Err("no display");
        }
        self.runs.set(true);
        self.give(downloads).map(drop)
    }
}

fn framed(message: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    framing::write(&mut bytes, message).unwrap();
    bytes
}

/// Runs the host with this input, and returns its answers and its end.
fn answers(input: &[u8], receiver: &Kept) -> (Vec<Value>, Result<(), FramingError>) {
    let mut output = Vec::new();
    let ended = run(&mut &*input, &mut output, receiver);
    let (mut rest, mut answers) = (&*output, Vec::new());
    while let Some(bytes) = framing::read(&mut rest).unwrap() {
        answers.push(serde_json::from_slice(&bytes).unwrap());
    }
    (answers, ended)
}

fn add() -> Value {
    let headers = json!({ "Cookie": "sid=1", "Referer": "https://h/" });
    json!({ "type": "add", "later": 1, "downloads": [{ "url": "https://h/f", "name": "f.bin", "headers": headers }] })
}

#[test]
fn downloads_are_handed_over_and_the_program_is_started_if_it_does_not_run() {
    let receiver = Kept::default();
    let input = [
        framed(&json!({ "type": "hello" })),
        framed(&add()),
        framed(&add()),
    ]
    .concat();
    let (answers, ended) = answers(&input, &receiver);
    ended.unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        answers,
        [
            json!({ "type": "hello", "version": version, "isRunning": false }),
            json!({ "type": "starting" }),
            json!({ "type": "taken" }),
            json!({ "type": "taken" }),
        ]
    );
    let taken = receiver.taken.into_inner();
    assert_eq!((taken.len(), &*taken[0].headers["Cookie"]), (2, "sid=1"));
}

#[test]
fn a_program_that_does_not_start_fails_the_hand_over() {
    let receiver = Kept {
        is_broken: true,
        ..Kept::default()
    };
    let (answers, _) = answers(&framed(&add()), &receiver);
    assert_eq!(
        answers[1],
        json!({ "type": "failed", "error": "no display" })
    );
}

#[test]
fn a_message_that_the_browser_has_given_up_is_not_handed_over_too() {
    let receiver = Kept {
        runs: Cell::new(true),
        ..Kept::default()
    };
    let at = |past: Duration, later: Duration| {
        let time = SystemTime::now() - past + later;
        let time = time.duration_since(UNIX_EPOCH).unwrap();
        let mut message = add();
        message["until"] = (time.as_millis() as u64).into();
        answers(&framed(&message), &receiver).0
    };
    let (hour, now) = (Duration::from_secs(3600), Duration::ZERO);
    assert_eq!(at(now, now)[0]["type"], "failed");
    assert_eq!(at(hour, now)[0]["type"], "failed");
    assert!(receiver.taken.borrow().is_empty());
    assert_eq!(at(now, hour)[0]["type"], "taken");
    receiver.runs.set(false);
    assert_eq!(at(hour, now).len(), 1, "nothing is started");
}

#[test]
fn wrong_messages_are_refused_and_the_next_one_is_answered() {
    let receiver = Kept {
        runs: Cell::new(true),
        ..Kept::default()
    };
    let many: Vec<_> = (0..1001).map(|_| json!({ "url": "https://h/f" })).collect();
    for (wrong, word) in [
        (json!(null), "understood"),
        (json!({ "type": "quit" }), "understood"),
        (json!({ "type": "add" }), "understood"),
        (
            json!({ "type": "add", "downloads": [{ "url": 7 }] }),
            "understood",
        ),
        (json!({ "type": "add", "downloads": [] }), "1 to 1000"),
        (json!({ "type": "add", "downloads": many }), "1 to 1000"),
        (
            json!({ "type": "add", "downloads": [{ "url": "ftp://h/x?k=SECRET" }] }),
            "http",
        ),
        (
            json!({ "type": "add", "downloads": [{ "url": "https://h/f", "name": "../SECRET" }] }),
            "separators",
        ),
    ] {
        let input = [framed(&wrong), framed(&json!({ "type": "hello" }))].concat();
        let (answers, ended) = answers(&input, &receiver);
        ended.unwrap();
        let error = answers[0]["error"].as_str().unwrap();
        assert!(error.contains(word) && !error.contains("SECRET"), "{error}");
        assert_eq!(answers[1]["type"], "hello");
    }
    assert!(receiver.taken.into_inner().is_empty());
}

#[test]
fn a_length_is_not_believed() {
    let receiver = Kept::default();
    let huge = (framing::MAX_LEN + 1).to_ne_bytes();
    assert!(matches!(
        answers(&huge, &receiver).1,
        Err(FramingError::TooLong(_))
    ));
    // Memory grows with what arrives.
    let short = [&framing::MAX_LEN.to_ne_bytes()[..], b"{}"].concat();
    assert!(matches!(
        answers(&short, &receiver).1,
        Err(FramingError::Truncated)
    ));
    assert!(matches!(
        answers(b"abc", &receiver).1,
        Err(FramingError::Truncated)
    ));
    assert!(answers(b"", &receiver).1.is_ok());
}

proptest! {
    #[test]
    fn any_bytes_are_answered_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let receiver = Kept { runs: Cell::new(true), ..Kept::default() };
        let framed = [&(bytes.len() as u32).to_ne_bytes()[..], &bytes].concat();
        let (answers, ended) = answers(&framed, &receiver);
        prop_assert!(ended.is_ok() && answers.len() == 1);
        let _ = run(&mut &*bytes, &mut Vec::new(), &receiver);
    }

    #[test]
    fn what_is_taken_is_a_file_of_a_server(url in "(https?|lanes|file|)(://)?[a-z./%?#@:-]{0,20}", name in ".{0,12}") {
        let receiver = Kept { runs: Cell::new(true), ..Kept::default() };
        let message = json!({ "type": "add", "downloads": [{ "url": url, "name": name }] });
        let _ = answers(&framed(&message), &receiver);
        for download in receiver.taken.into_inner() {
            let spec = download.to_spec().unwrap();
            prop_assert!(["http", "lanes"].iter().any(|scheme| spec.source.full_link().starts_with(scheme)));
            prop_assert!(spec.name.is_none_or(|name| !name.contains(['/', '\\']) && !name.starts_with('.')));
        }
    }
}
