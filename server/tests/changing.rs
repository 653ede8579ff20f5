//! Files and folders that change while they are served: a client gets one version whole, or sees
//! that it did not; never a mixture.

#![allow(clippy::unwrap_used, reason = "helpers of tests panic too")]

mod common;

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use common::http::{Web, get};
use common::{Client, noise, open, run};
use lanes_server::{Config, Server};
use lanes_shared::link::named;
use lanes_shared::wire::{Order, Refusal};

/// More than the buffers of both sides hold.
const LEN: usize = 24 << 20;
const LINKS: [&str; 2] = ["", "rate_mbit = 800\nrtt_ms = 2"];

/// Writes a file that was changed long ago, and opens it to be changed now.
fn write(path: &Path, bytes: &[u8]) -> File {
    std::fs::write(path, bytes).unwrap();
    let file = File::options().write(true).open(path).unwrap();
    // Some file systems tell times apart no finer than a few milliseconds.
    let long_ago = SystemTime::now() - Duration::from_secs(100);
    file.set_modified(long_ago).unwrap();
    file
}

fn serve(root: &Path, link: &str) -> Server {
    let link = (!link.is_empty()).then(|| named(link).unwrap());
    let config = common::config(Some(root));
    Server::start(Config { link, ..config }).unwrap()
}

/// Fetches `x` over HTTP, lets it be changed when the first bytes are here, and gives what came in
/// all. The same connection must have been closed if that is not everything.
fn fetch_amid(link: &str, range: &str, change: impl Fn(&Path, &File)) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x");
    let file = write(&path, &noise(LEN));
    let server = serve(dir.path(), link);
    let mut web = Web::new(server.addr());
    web.say(format!(
        "GET /x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{range}\r\n"
    ));
    let head = web.hear_head();
    assert!(matches!(head.status, 200 | 206), "{head:?}");
    change(&path, &file);
    let bytes = web.rest();
    if bytes.len() < LEN {
        common::wait_until("the log names the reason", || {
            let log = server.log(0);
            log.iter()
                .any(|line| line.message.contains("the file changed"))
        });
    }
    // Whoever asks anew gets the new version, or hears that there is none.
    let again = get(server.addr(), "/x", "");
    match std::fs::read(&path) {
        Ok(new) => assert!(again.body == new),
        Err(_) => assert_eq!(again.status, 404),
    }
    bytes
}

#[test]
fn a_file_that_is_changed_in_place_is_cut_and_never_mixed() {
    let changes: [fn(&Path, &File); 3] = [
        |_, file| file.set_len(10 << 20).unwrap(),
        |_, file| file.set_len(0).unwrap(),
        |_, mut file| file.write_all(&vec![0xaa; LEN]).unwrap(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        for link in LINKS {
            for range in ["", "Range: bytes=0-\r\n"] {
                let bytes = fetch_amid(link, range, change);
                assert!(bytes.len() < LEN, "{number}: it was not cut");
                assert!(bytes == noise(LEN)[..bytes.len()], "{number}: mixed bytes");
            }
        }
    }
}

#[test]
fn a_file_that_is_replaced_or_deleted_is_sent_whole_as_it_was() {
    let changes: [fn(&Path, &File); 2] = [
        |path, _| {
            let beside = path.with_extension("new");
            std::fs::write(&beside, [0xaa; 1000]).unwrap();
            std::fs::rename(beside, path).unwrap();
        },
        |path, _| std::fs::remove_file(path).unwrap(),
    ];
    // Windows lets nobody replace or delete a file that is open.
    for change in changes.into_iter().filter(|_| cfg!(unix)) {
        for link in LINKS {
            assert!(fetch_amid(link, "", change) == noise(LEN));
        }
    }
}

#[test]
fn a_part_of_another_version_is_told_by_its_tag() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x");
    write(&path, &noise(1000));
    let server = serve(dir.path(), "");
    let mut web = Web::new(server.addr());
    let first = web.get("/x", "Range: bytes=0-9\r\n");
    let tag = first.field("ETag").unwrap().to_owned();
    // The same length, and other bytes.
    std::fs::write(&path, [0xaa; 1000]).unwrap();
    let matched = web.get("/x", &format!("Range: bytes=10-\r\nIf-Match: {tag}\r\n"));
    assert_eq!(matched.status, 412);
    let whole = web.get("/x", &format!("Range: bytes=10-\r\nIf-Range: {tag}\r\n"));
    assert_eq!((whole.status, whole.body), (200, vec![0xaa; 1000]));
}

#[cfg(unix)]
#[test]
fn without_its_folder_the_server_says_that_files_are_gone_and_serves_samples() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    std::fs::create_dir(&root).unwrap();
    write(&root.join("x"), &noise(LEN));
    let server = serve(&root, "");
    let mut web = Web::new(server.addr());
    let mut lanes = Client::new(server.addr());
    lanes.open("x", 65_536);
    web.say("GET /x HTTP/1.1\r\nHost: x\r\n\r\n");
    common::wait_until("it is being sent", || {
        let log = server.log(0);
        log.iter().any(|line| line.message.contains("HTTP 200"))
    });
    std::fs::remove_dir_all(&root).unwrap();

    // What is open is sent to its end.
    assert!(web.hear().body == noise(LEN));
    lanes.ask(&[run(0, 1, Order::InOrder)]);
    assert_eq!(lanes.hear(), common::Heard::Packet(0, noise(65_536)));

    assert_eq!(web.get("/x", "").status, 404);
    let page = web.get("/", "");
    assert!(matches!(page.status, 200 | 404), "{page:?}");
    assert_eq!(web.get("/sample-1KiB.bin", "").status, 200);
    lanes.ask(&[open("x", 1024)]);
    assert_eq!(lanes.refusal().0, Refusal::NoSuchFile);
    lanes.ask(&[common::list("")]);
    assert!(matches!(
        lanes.reply(),
        lanes_shared::wire::Reply::Catalogue { .. }
    ));
    assert_eq!(lanes.open("sample-1KiB.bin", 128).len, 1024);

    // Made anew it is served again, over the same connections.
    std::fs::create_dir(&root).unwrap();
    write(&root.join("y"), b"new");
    assert_eq!(web.get("/y", "").body, b"new");
    assert!(web.get("/", "").text().contains("./y"));
    assert_eq!(lanes.open("y", 128).len, 3);
}
