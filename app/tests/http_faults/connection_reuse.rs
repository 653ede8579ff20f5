//! Many files by one command, and files that are there in a moment: how many connections they take, and
//! what is left of them.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use super::assertions::{finished, is_right};
use super::fault_server::FaultServer;
use super::process::{self, Ran};
use super::sandbox::Sandbox;
use super::scenario::{Act, End, LEN, Scenario, When};

const LIMIT: Duration = Duration::from_secs(60);
/// The length of a small file in bytes.
const SMALL: u64 = 10_000;
/// How many there are.
const MANY: usize = 60;

fn small(name: &'static str) -> Scenario {
    Scenario::new(name).len(SMALL).rate(1 << 30)
}

/// `lanes get` of a Metalink file that names these files.
fn get(sandbox: &Sandbox, files: &[(String, String)], connections: u16) -> Ran {
    let files = files.iter().fold(String::new(), |mut text, (name, link)| {
        let _ = write!(text, "<file name=\"{name}\"><url>{link}</url></file>");
        text
    });
    let path = sandbox.temporary().join("wanted.meta4");
    let text = format!("<metalink xmlns=\"urn:ietf:params:xml:ns:metalink\">{files}</metalink>");
    fs::write(&path, text).unwrap();
    let mut lanes = process::lanes(sandbox, &path.to_string_lossy(), connections);
    process::run(&mut lanes, LIMIT)
}

fn many(server: &FaultServer) -> Vec<(String, String)> {
    (0..MANY)
        .map(|number| (format!("{number:02}.bin"), server.url("/file.bin")))
        .collect()
}

/// How many connections brought a request.
fn connections(server: &FaultServer) -> usize {
    let all: HashSet<u64> = server.seen().iter().map(|seen| seen.connection).collect();
    all.len()
}

fn all_are_saved(ran: &Ran, sandbox: &Sandbox, files: &[(String, String)]) {
    let names: Vec<&String> = files.iter().map(|(name, _)| name).collect();
    let right = names.iter().all(|name| is_right(sandbox, name, SMALL));
    let files: Vec<String> = sandbox.files();
    assert!(
        ran.code == Some(0) && files.iter().eq(names) && right,
        "{files:?} {ran:?}"
    );
    // How fast each was, and nothing else: no note, no error.
    let only_speeds = ran.err.lines().all(|line| line.starts_with("10.0 kB in"));
    assert!(ran.out.lines().count() == MANY && only_speeds, "{ran:?}");
}

#[test]
fn small_files_take_a_request_each_over_connections_that_are_kept() {
    for most in [1, 4] {
        let (server, sandbox) = (FaultServer::start(small("kept")), Sandbox::new());
        let files = many(&server);
        let ran = get(&sandbox, &files, most);
        all_are_saved(&ran, &sandbox, &files);
        assert_eq!(server.seen().len(), MANY, "one request a file");
        let made = connections(&server);
        assert!(made <= usize::from(most), "{made} for {most}");
    }
}

#[test]
fn connections_that_the_server_closes_are_no_failure() {
    let says_so = Act::Set("connection", "close");
    let closes = Act::Cut(SMALL, End::Close);
    for act in [says_so, closes, Act::Http10, Act::Chunked] {
        let server = FaultServer::start(small("closed").always([act]));
        let sandbox = Sandbox::new();
        let files = many(&server);
        let ran = get(&sandbox, &files, 8);
        all_are_saved(&ran, &sandbox, &files);
    }
}

#[test]
fn whatever_answer_follows_a_plain_one_over_the_same_connection_is_understood() {
    for act in [
        Act::Chunked,
        Act::NoLength,
        Act::Http10,
        Act::Hints(2),
        Act::Redirect(302, "/moved.bin"),
        Act::Whole,
        Act::Add("content-length", "10000"),
        Act::DribbleHead(Duration::from_micros(100)),
        Act::Pieces(1000),
        Act::Extra(7),
        Act::CutHead(30, End::Close),
        Act::CutHead(30, End::Reset),
        Act::Cut(SMALL / 2, End::Close),
    ] {
        let scenario = small("odd").when(When::Every(3), [act]);
        let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
        let files = many(&server);
        let ran = get(&sandbox, &files, 2);
        let mut saved = files.iter();
        let all_right = saved.all(|(name, _)| is_right(&sandbox, name, SMALL));
        assert!(ran.code == Some(0) && all_right, "{act:?} {ran:?}");
        assert_eq!(finished(&sandbox).len(), MANY, "{act:?} {ran:?}");
        assert!(
            connections(&server) < server.seen().len(),
            "{act:?}: none was kept"
        );
    }
}

#[test]
fn a_long_file_among_short_ones_gets_the_connections_that_they_leave() {
    let (short, long) = (small("short"), Scenario::new("long").rate(LEN / 4));
    let (short, long) = (FaultServer::start(short), FaultServer::start(long));
    let sandbox = Sandbox::new();
    let mut files = vec![("long.bin".to_owned(), long.url("/file.bin"))];
    files.extend(many(&short));
    let ran = get(&sandbox, &files, 5);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(is_right(&sandbox, "long.bin", LEN));
    assert_eq!(finished(&sandbox).len(), MANY + 1);
    let made = connections(&long);
    // At most five at once; but who was robbed hangs up, and may come again.
    assert!((3..=10).contains(&made), "{made}");
}

#[test]
fn a_file_that_is_there_at_once_takes_one_connection_and_a_slow_one_all() {
    let used = |scenario: Scenario| {
        let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
        let url = server.url("/file.bin");
        let ran = process::run(&mut process::lanes(&sandbox, &url, 6), LIMIT);
        assert!(
            ran.code == Some(0) && is_right(&sandbox, "file.bin", LEN),
            "{ran:?}"
        );
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        (json["connections"].as_u64().unwrap(), connections(&server))
    };
    assert_eq!(used(Scenario::new("slow").rate(LEN / 4)), (6, 6));
    // On a busy machine even a server beside it seems far away.
    let at_once = || used(Scenario::new("at once").rate(1 << 30)) == (1, 1);
    assert!((0..20).any(|_| at_once()), "others were made each time");
}

#[test]
fn what_came_of_a_short_file_is_kept_when_it_is_paused_and_leaves_nothing_when_it_dies() {
    const HALF: u64 = 400_000;
    for (signal, kept) in [("TERM", true), ("KILL", false)] {
        let scenario = Scenario::new("short").len(2 * HALF).rate(HALF);
        let (server, sandbox) = (FaultServer::start(scenario), Sandbox::new());
        let url = server.url("/file.bin");
        let mut child = process::start(&mut process::lanes(&sandbox, &url, 1));
        assert!(server.wait_until_sent(HALF / 2, LIMIT));
        process::signal(&child, signal);
        child.wait().unwrap();
        match kept {
            true => assert_eq!(sandbox.files(), ["file.bin.lanes", "file.bin.part"]),
            // A machine so busy that a second has gone gave it its name.
            false => assert!(matches!(sandbox.files().len(), 0 | 2)),
        }
        let ran = process::run(&mut process::lanes(&sandbox, &url, 1), LIMIT);
        let right = is_right(&sandbox, "file.bin", 2 * HALF);
        assert!(right && sandbox.files() == ["file.bin"], "{ran:?}");
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert!(json["resumed_bytes"].as_u64() > Some(0) || !kept, "{ran:?}");
    }
}
