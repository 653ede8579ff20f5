//! Metalink files: mirrors, lengths, hashes, and repair of wrong pieces.

use std::fmt::Write as _;
use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::process::Command;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::assertions::{finished_files, has_correct_bytes};
use super::content::{self, FIRST};
use super::fault_server::FaultServer;
use super::process::{self, RunResult};
use super::sandbox::Sandbox;
use super::scenario::{Action, LEN, Scenario, When};

const LIMIT: Duration = Duration::from_secs(60);
/// Length of a piece in bytes.
const PIECE: u64 = 100_000;
/// Flips one byte in the first and one in the third piece. Both are near the start of the file, so that
/// they are requested at once for every number of connections.
const WRONG_PIECES: [Action; 2] = [Action::FlipByte(100), Action::FlipByte(250_000)];
/// Until almost the whole file has been sent once.
const FIRST_PASS: When = When::UntilSent(LEN - 100_000);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Hashes in a Metalink `file` element.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Hashes {
    Whole,
    Pieces,
    Both,
}

/// Returns a `file` element for the served file, with `urls` in descending priority.
fn file_element(name: &str, hashes: Hashes, urls: &[String]) -> String {
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
    // In reverse, because only the priority attribute counts, not the order of the elements.
    for (number, url) in urls.iter().enumerate().rev() {
        let _ = write!(text, "<url priority=\"{}\">{url}</url>", number + 1);
    }
    text + "</file>"
}

fn document(files: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?><metalink xmlns=\"urn:ietf:params:xml:ns:metalink\">{files}</metalink>"
    )
}

/// Returns the command `lanes get` of a Metalink file with these `file` elements.
fn lanes(sandbox: &Sandbox, files: &str, connections: u16) -> Command {
    let path = sandbox.temp_dir().join("wanted.meta4");
    fs::write(&path, document(files)).unwrap();
    process::lanes(sandbox, &path.to_string_lossy(), connections)
}

fn get(sandbox: &Sandbox, files: &str, connections: u16) -> RunResult {
    process::run(&mut lanes(sandbox, files, connections), LIMIT)
}

/// Returns a URL at an address where no server listens.
fn dead_url() -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    format!("http://{}/file.bin", listener.local_addr().unwrap())
}

fn serve(scenario: Scenario) -> (FaultServer, String) {
    let server = FaultServer::start(scenario);
    let url = server.url("/file.bin");
    (server, url)
}

fn assert_saved(run: &RunResult, sandbox: &Sandbox, name: &str) {
    assert!(
        run.code == Some(0) && sandbox.files() == [name] && has_correct_bytes(sandbox, name, LEN),
        "{:?} {run:?}",
        sandbox.files()
    );
}

#[test]
fn only_the_pieces_with_a_wrong_hash_are_fetched_again() {
    for (connections, hashes) in [(1, Hashes::Both), (1, Hashes::Pieces), (5, Hashes::Both)] {
        let fault = Scenario::new("flipped").when(FIRST_PASS, WRONG_PIECES);
        let ((server, url), sandbox) = (serve(fault), Sandbox::new());
        let files = file_element("wanted.iso", hashes, &[dead_url(), url]);
        let run = get(&sandbox, &files, connections);
        assert_saved(&run, &sandbox, "wanted.iso");
        let words = "pieces 1 and 3 of 22 do not match their SHA-256 hashes";
        assert!(run.stderr.contains(words), "{run:?}");
        let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(json["resumed_bytes"], 0, "{run:?}");
        if connections == 1 {
            // Requests are aligned to packets, and a closed connection delivers a little more than needed.
            let again = server.sent() - LEN;
            assert!(
                (2..5 * PIECE).contains(&again),
                "{again} bytes fetched again"
            );
        } else {
            assert!(server.sent() < LEN + LEN / 2, "{} bytes", server.sent());
        }
    }
}

#[test]
fn wrong_pieces_are_fetched_again_from_another_mirror() {
    let (bad, bad_url) = serve(Scenario::new("bad").always([
        Action::FlipByte(100),
        Action::FlipByte(LEN / 2),
        Action::FlipByte(LEN - 1),
        Action::FlipByte(400_000),
    ]));
    let (_good, good_url) = serve(Scenario::new("good"));
    let sandbox = Sandbox::new();
    let files = file_element("wanted.iso", Hashes::Both, &[bad_url, good_url]);
    let run = get(&sandbox, &files, 6);
    assert_saved(&run, &sandbox, "wanted.iso");
    assert!(bad.sent() > 0);
}

#[test]
fn a_piece_that_stays_wrong_fails_the_download_and_a_later_run_fetches_only_that_piece() {
    let fault = Scenario::new("wrong").always(WRONG_PIECES);
    let ((server, url), sandbox) = (serve(fault.rate(8 << 20)), Sandbox::new());
    let files = file_element("wanted.iso", Hashes::Both, &[url]);
    let run = get(&sandbox, &files, 3);
    assert_eq!(
        (run.code, finished_files(&sandbox)),
        (Some(1), vec![]),
        "{run:?}"
    );
    assert!(run.stderr.contains("also after"), "{run:?}");

    let addr = server.addr();
    drop(server);
    let server = FaultServer::start_at(addr, Scenario::new("repaired"));
    let run = get(&sandbox, &files, 3);
    assert_saved(&run, &sandbox, "wanted.iso");
    assert!(server.sent() < LEN / 2, "{} bytes", server.sent());
}

#[test]
fn a_mirror_with_another_length_than_the_metalink_states_is_excluded_before_a_file_is_created() {
    let longer = || serve(Scenario::new("longer").len(LEN + 1));
    let ((_first, first), (_second, second)) = (longer(), serve(Scenario::new("right")));
    let sandbox = Sandbox::new();
    let run = get(
        &sandbox,
        &file_element("wanted.iso", Hashes::Whole, &[first.clone(), second]),
        1,
    );
    assert_saved(&run, &sandbox, "wanted.iso");
    assert!(run.stderr.contains("left out"), "{run:?}");

    let sandbox = Sandbox::new();
    let run = get(
        &sandbox,
        &file_element("wanted.iso", Hashes::Pieces, &[first]),
        5,
    );
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(
        run.stderr.contains(&format!("{} bytes", LEN + 1)),
        "{run:?}"
    );
    assert!(sandbox.files().is_empty(), "{:?}", sandbox.files());
}

#[test]
fn one_working_mirror_among_dead_ones_is_enough() {
    let ((_server, url), sandbox) = (serve(Scenario::new("alive")), Sandbox::new());
    let urls = [dead_url(), dead_url(), dead_url(), dead_url(), url];
    for connections in [1, 8] {
        let run = get(
            &sandbox,
            &file_element(&format!("{connections}"), Hashes::Whole, &urls),
            connections,
        );
        assert_eq!(run.code, Some(0), "{run:?}");
        assert!(has_correct_bytes(&sandbox, &format!("{connections}"), LEN));
    }
}

#[test]
fn a_metalink_url_is_recognized_by_its_extension_and_by_its_content_type() {
    let (_server, url) = serve(Scenario::new("mirror"));
    let text = document(&file_element("../wanted.iso", Hashes::Both, &[url]));
    let text: &'static str = text.leak();
    for (path, kind) in [
        ("/x.meta4", "application/octet-stream"),
        (
            "/latest?form=metalink",
            "application/metalink4+xml; charset=utf-8",
        ),
    ] {
        let sandbox = Sandbox::new();
        let list = FaultServer::start(Scenario::new("list").always([Action::Document(kind, text)]));
        let run = process::run(&mut process::lanes(&sandbox, &list.url(path), 4), LIMIT);
        assert_saved(&run, &sandbox, "wanted.iso");

        let mut raw_download = process::lanes(&sandbox, &list.url(path), 4);
        let run = process::run(raw_download.arg("--no-metalink"), LIMIT);
        let name = path[1..].split('?').next().unwrap();
        let saved = fs::read_to_string(sandbox.download_dir().join(name)).unwrap_or_default();
        assert!(run.code == Some(0) && saved == text, "{run:?}");
    }
}

#[test]
fn a_file_that_fails_does_not_stop_the_other_files_of_a_metalink() {
    let ((_server, url), sandbox) = (serve(Scenario::new("mirror")), Sandbox::new());
    let urls = [url];
    let files = [
        file_element("one.iso", Hashes::Whole, &urls),
        file_element("none.iso", Hashes::Whole, &["ftp://h/none.iso".to_owned()]),
        file_element("two.iso", Hashes::Pieces, &urls),
    ]
    .concat();
    let run = get(&sandbox, &files, 4);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(finished_files(&sandbox), ["one.iso", "two.iso"]);
    assert!(
        ["one.iso", "two.iso"]
            .iter()
            .all(|name| has_correct_bytes(&sandbox, name, LEN))
    );
    assert_eq!(run.stdout.lines().count(), 2, "{run:?}");
    assert!(
        run.stderr.contains("none.iso") && run.stderr.contains("1 of 3"),
        "{run:?}"
    );

    let mut lanes_to_file = lanes(&sandbox, &files, 4);
    let run = process::run(lanes_to_file.args(["--output", "x.iso"]), LIMIT);
    assert!(run.code == Some(2), "{run:?}");
}

#[test]
fn an_invalid_metalink_fails_with_a_reason_and_leaves_no_file() {
    let endless = Scenario::new("endless").len(1 << 40).rate(1 << 30);
    let page = Scenario::new("page").always([Action::Document("text/plain", "<html></html>")]);
    let gone = Scenario::new("gone").always([Action::Status(404)]);
    for (scenario, words) in [(endless, "4 MiB"), (page, "no Metalink"), (gone, "404")] {
        let sandbox = Sandbox::new();
        let server = FaultServer::start(scenario);
        let url = server.url("/x.meta4");
        let run = process::run(&mut process::lanes(&sandbox, &url, 4), LIMIT);
        assert_eq!(run.code, Some(1), "{run:?}");
        assert!(run.stderr.contains(words), "{run:?}");
        assert!(sandbox.files().is_empty());
    }
}
