//! Metalink files: mirrors, lengths and hashes, and pieces that come wrong.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::assertions::{finished, is_right};
use super::content::{self, FIRST};
use super::fault_server::FaultServer;
use super::process::{self, Ran};
use super::sandbox::Sandbox;
use super::scenario::{Act, LEN, Scenario, When};

const LIMIT: Duration = Duration::from_secs(60);
/// The length of a piece in bytes.
const PIECE: u64 = 100_000;
/// Bytes of the first and the third piece, both early: whoever has them asked for them at once.
const WRONG: [Act; 2] = [Act::Flip(100), Act::Flip(250_000)];
/// Until the whole file was sent, as good as.
const AT_FIRST: When = When::Until(LEN - 100_000);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// What a Metalink says of a file besides its links.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hashes {
    Whole,
    Pieces,
    Both,
}

/// A file element for the file that every server here gives, with these links in the order of their
/// priority.
fn file(name: &str, hashes: Hashes, links: &[String]) -> String {
    let bytes = content::bytes(FIRST, 0, LEN as usize);
    let mut text = format!("<file name=\"{name}\"><size>{LEN}</size>");
    if hashes != Hashes::Pieces {
        let hash = hex(&Sha256::digest(&bytes));
        let _ = write!(text, "<hash type=\"sha-256\">{hash}</hash>");
    }
    if hashes != Hashes::Whole {
        let _ = write!(text, "<pieces length=\"{PIECE}\" type=\"sha-256\">");
        for piece in bytes.chunks(PIECE as usize) {
            let _ = write!(text, "<hash>{}</hash>", hex(&Sha256::digest(piece)));
        }
        text += "</pieces>";
    }
    // The last first: the order of the text counts for nothing.
    for (number, link) in links.iter().enumerate().rev() {
        let _ = write!(text, "<url priority=\"{}\">{link}</url>", number + 1);
    }
    text + "</file>"
}

fn document(files: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><metalink xmlns=\"urn:ietf:params:xml:ns:metalink\">{files}</metalink>"
    )
}

/// `lanes get` of a Metalink file in the sandbox's folder for temporary files.
fn lanes(sandbox: &Sandbox, files: &str, connections: u16) -> Command {
    let path = sandbox.temporary().join("wanted.meta4");
    fs::write(&path, document(files)).unwrap();
    process::lanes(sandbox, &path.to_string_lossy(), connections)
}

fn get(sandbox: &Sandbox, files: &str, connections: u16) -> Ran {
    process::run(&mut lanes(sandbox, files, connections), LIMIT)
}

/// A link to a server that is there no more.
fn dead() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    format!("http://{}/file.bin", listener.local_addr().unwrap())
}

fn serve(scenario: Scenario) -> (FaultServer, String) {
    let server = FaultServer::start(scenario);
    let link = server.url("/file.bin");
    (server, link)
}

fn saved(ran: &Ran, sandbox: &Sandbox, name: &str) {
    assert!(
        ran.code == Some(0) && sandbox.files() == [name] && is_right(sandbox, name, LEN),
        "{:?} {ran:?}",
        sandbox.files()
    );
}

#[test]
fn wrong_pieces_and_nothing_else_are_fetched_again() {
    for (connections, hashes) in [(1, Hashes::Both), (1, Hashes::Pieces), (5, Hashes::Both)] {
        let fault = Scenario::new("flipped").when(AT_FIRST, WRONG);
        let ((server, link), sandbox) = (serve(fault), Sandbox::new());
        let files = file("wanted.iso", hashes, &[dead(), link]);
        let ran = get(&sandbox, &files, connections);
        saved(&ran, &sandbox, "wanted.iso");
        let words = "pieces 1 and 3 of 22 do not have their SHA-256 hashes";
        assert!(ran.err.contains(words), "{ran:?}");
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(json["resumed_bytes"], 0, "{ran:?}");
        if connections == 1 {
            // Whole packets are fetched, and a connection that is left brings a little more.
            let again = server.sent() - LEN;
            assert!((2..5 * PIECE).contains(&again), "{again} bytes again");
        } else {
            assert!(server.sent() < LEN + LEN / 2, "{} sent", server.sent());
        }
    }
}

#[test]
fn a_mirror_that_sends_wrong_bytes_is_asked_last() {
    let (bad, bad_link) = serve(Scenario::new("bad").always([
        Act::Flip(100),
        Act::Flip(LEN / 2),
        Act::Flip(LEN - 1),
        Act::Flip(400_000),
    ]));
    let (_good, good_link) = serve(Scenario::new("good"));
    let sandbox = Sandbox::new();
    let files = file("wanted.iso", Hashes::Both, &[bad_link, good_link]);
    let ran = get(&sandbox, &files, 6);
    saved(&ran, &sandbox, "wanted.iso");
    assert!(bad.sent() > 0);
}

#[test]
fn what_stays_wrong_is_not_saved_and_later_only_that_is_fetched() {
    let fault = Scenario::new("wrong").always(WRONG);
    let ((server, link), sandbox) = (serve(fault.rate(8 << 20)), Sandbox::new());
    let files = file("wanted.iso", Hashes::Both, &[link]);
    let ran = get(&sandbox, &files, 3);
    assert_eq!((ran.code, finished(&sandbox)), (Some(1), vec![]), "{ran:?}");
    assert!(ran.err.contains("also after"), "{ran:?}");

    let addr = server.addr();
    drop(server);
    let server = FaultServer::start_at(addr, Scenario::new("mended"));
    let ran = get(&sandbox, &files, 3);
    saved(&ran, &sandbox, "wanted.iso");
    assert!(server.sent() < LEN / 2, "{} bytes again", server.sent());
}

#[test]
fn a_server_whose_file_has_another_length_is_left_out_before_anything_is_written() {
    let longer = || serve(Scenario::new("longer").len(LEN + 1));
    let ((_first, first), (_second, second)) = (longer(), serve(Scenario::new("right")));
    let sandbox = Sandbox::new();
    let ran = get(
        &sandbox,
        &file("wanted.iso", Hashes::Whole, &[first.clone(), second]),
        1,
    );
    saved(&ran, &sandbox, "wanted.iso");
    assert!(ran.err.contains("left out"), "{ran:?}");

    let sandbox = Sandbox::new();
    let ran = get(&sandbox, &file("wanted.iso", Hashes::Pieces, &[first]), 5);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.err.contains(&format!("{} bytes", LEN + 1)), "{ran:?}");
    assert!(sandbox.files().is_empty(), "{:?}", sandbox.files());
}

#[test]
fn many_dead_mirrors_do_not_hide_the_one_that_lives() {
    let ((_server, link), sandbox) = (serve(Scenario::new("alive")), Sandbox::new());
    let links = [dead(), dead(), dead(), dead(), link];
    for connections in [1, 8] {
        let ran = get(
            &sandbox,
            &file(&format!("{connections}"), Hashes::Whole, &links),
            connections,
        );
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(is_right(&sandbox, &format!("{connections}"), LEN));
    }
}

#[test]
fn it_is_opened_at_a_link_by_its_name_and_by_its_type() {
    let (_server, link) = serve(Scenario::new("mirror"));
    let text = document(&file("../wanted.iso", Hashes::Both, &[link]));
    let text: &'static str = text.leak();
    for (path, kind) in [
        ("/x.meta4", "application/octet-stream"),
        (
            "/latest?form=metalink",
            "application/metalink4+xml; charset=utf-8",
        ),
    ] {
        let sandbox = Sandbox::new();
        let list = FaultServer::start(Scenario::new("list").always([Act::Document(kind, text)]));
        let ran = process::run(&mut process::lanes(&sandbox, &list.url(path), 4), LIMIT);
        saved(&ran, &sandbox, "wanted.iso");

        let mut itself = process::lanes(&sandbox, &list.url(path), 4);
        let ran = process::run(itself.arg("--no-metalink"), LIMIT);
        let name = path[1..].split('?').next().unwrap();
        let saved = fs::read_to_string(sandbox.out().join(name)).unwrap_or_default();
        assert!(ran.code == Some(0) && saved == text, "{ran:?}");
    }
}

#[test]
fn every_file_of_it_is_fetched_and_a_failure_does_not_end_it() {
    let ((_server, link), sandbox) = (serve(Scenario::new("mirror")), Sandbox::new());
    let link = [link];
    let files = [
        file("one.iso", Hashes::Whole, &link),
        file("none.iso", Hashes::Whole, &["ftp://h/none.iso".to_owned()]),
        file("two.iso", Hashes::Pieces, &link),
    ]
    .concat();
    let ran = get(&sandbox, &files, 4);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(finished(&sandbox), ["one.iso", "two.iso"]);
    assert!(
        ["one.iso", "two.iso"]
            .iter()
            .all(|name| is_right(&sandbox, name, LEN))
    );
    assert_eq!(ran.out.lines().count(), 2, "{ran:?}");
    assert!(
        ran.err.contains("none.iso") && ran.err.contains("1 of 3"),
        "{ran:?}"
    );

    let mut to_a_file = lanes(&sandbox, &files, 4);
    let ran = process::run(to_a_file.args(["--output", "x.iso"]), LIMIT);
    assert!(ran.code == Some(2), "{ran:?}");
}

#[test]
fn what_is_no_metalink_fails_in_words_and_leaves_nothing() {
    let endless = Scenario::new("endless").len(1 << 40).rate(1 << 30);
    let page = Scenario::new("page").always([Act::Document("text/plain", "<html></html>")]);
    let gone = Scenario::new("gone").always([Act::Status(404)]);
    for (scenario, words) in [(endless, "4 MiB"), (page, "no Metalink"), (gone, "404")] {
        let sandbox = Sandbox::new();
        let server = FaultServer::start(scenario);
        let url = server.url("/x.meta4");
        let ran = process::run(&mut process::lanes(&sandbox, &url, 4), LIMIT);
        assert_eq!(ran.code, Some(1), "{ran:?}");
        assert!(ran.err.contains(words), "{ran:?}");
        assert!(sandbox.files().is_empty());
    }
}
