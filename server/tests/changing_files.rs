//! Files and folders that change during a transfer: a client gets one version completely or an
//! error, never a mixture.

#![allow(clippy::unwrap_used, reason = "test helpers panic on failure")]

mod common;

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, SystemTime};

use common::http::{HttpClient, get};
use common::noise;
#[cfg(unix)]
use common::{Client, open, run};
use lanes_server::{Config, Server};
use lanes_shared::link::parse_profile;
#[cfg(unix)]
use lanes_shared::wire::{Order, Refusal};

/// Length of the file, in bytes: more than the buffers of both sides hold.
const LEN: usize = 24 << 20;
const LINKS: [&str; 2] = ["", "rate_mbit = 800\nrtt_ms = 2"];

/// Writes a file with an old modification time and opens it for writing.
fn write(path: &Path, bytes: &[u8]) -> File {
    std::fs::write(path, bytes).unwrap();
    let file = File::options().write(true).open(path).unwrap();
    // The resolution of modification times can be several milliseconds.
    let long_ago = SystemTime::now() - Duration::from_secs(100);
    file.set_modified(long_ago).unwrap();
    file
}

fn serve(root: &Path, link: &str) -> Server {
    let link = (!link.is_empty()).then(|| parse_profile(link).unwrap());
    let config = common::config(Some(root));
    Server::start(Config { link, ..config }).unwrap()
}

/// Downloads `x` over HTTP, changes it after the first bytes, and returns the received bytes. If they
/// are incomplete, the server must have logged the reason.
fn download_while_changing(link: &str, range: &str, change: impl Fn(&Path, &File)) -> Vec<u8> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x");
    let file = write(&path, &noise(LEN));
    let server = serve(dir.path(), link);
    let mut http = HttpClient::new(server.addr());
    http.send(format!(
        "GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{range}\r\n"
    ));
    let head = http.receive_head();
    assert!(matches!(head.status, 200 | 206), "{head:?}");
    change(&path, &file);
    let bytes = http.rest();
    if bytes.len() < LEN {
        common::wait_until("the log has the reason", || {
            let log = server.log(0);
            log.iter()
                .any(|line| line.message.contains("the file changed"))
        });
    }
    // The next request gets the new version, or 404.
    let again = get(server.addr(), "/x", "");
    match std::fs::read(&path) {
        Ok(new) => assert!(again.body == new),
        Err(_) => assert_eq!(again.status, 404),
    }
    bytes
}

#[test]
fn a_file_changed_in_place_aborts_the_transfer_without_mixing_versions() {
    let changes: [fn(&Path, &File); 3] = [
        |_, file| file.set_len(10 << 20).unwrap(),
        |_, file| file.set_len(0).unwrap(),
        |_, mut file| file.write_all(&vec![0xaa; LEN]).unwrap(),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        for link in LINKS {
            for range in ["", "Range: bytes=0-\r\n"] {
                let bytes = download_while_changing(link, range, change);
                assert!(bytes.len() < LEN, "{number}: not aborted");
                assert!(bytes == noise(LEN)[..bytes.len()], "{number}: mixed bytes");
            }
        }
    }
}

#[test]
fn a_replaced_or_deleted_file_is_sent_completely_in_its_old_version() {
    let changes: [fn(&Path, &File); 2] = [
        |path, _| {
            let other = path.with_extension("new");
            std::fs::write(&other, [0xaa; 1000]).unwrap();
            std::fs::rename(other, path).unwrap();
        },
        |path, _| std::fs::remove_file(path).unwrap(),
    ];
    // Windows does not allow replacing or deleting an open file.
    for change in changes.into_iter().filter(|_| cfg!(unix)) {
        for link in LINKS {
            assert!(download_while_changing(link, "", change) == noise(LEN));
        }
    }
}

#[test]
fn if_match_and_if_range_detect_another_version() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x");
    write(&path, &noise(1000));
    let server = serve(dir.path(), "");
    let mut http = HttpClient::new(server.addr());
    let first = http.get("/x", "Range: bytes=0-9\r\n");
    let tag = first.field("ETag").unwrap().to_owned();
    // Same length, other bytes.
    std::fs::write(&path, [0xaa; 1000]).unwrap();
    let matched = http.get("/x", &format!("Range: bytes=10-\r\nIf-Match: {tag}\r\n"));
    assert_eq!(matched.status, 412);
    let whole = http.get("/x", &format!("Range: bytes=10-\r\nIf-Range: {tag}\r\n"));
    assert_eq!((whole.status, whole.body), (200, vec![0xaa; 1000]));
}

#[cfg(unix)]
#[test]
fn without_its_folder_the_server_reports_missing_files_and_serves_samples() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().join("root");
    std::fs::create_dir(&root).unwrap();
    write(&root.join("x"), &noise(LEN));
    let server = serve(&root, "");
    let mut http = HttpClient::new(server.addr());
    let mut lanes = Client::new(server.addr());
    lanes.open("x", 65_536);
    http.send("GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n");
    common::wait_until("the transfer has started", || {
        let log = server.log(0);
        log.iter().any(|line| line.message.contains("HTTP 200"))
    });
    std::fs::remove_dir_all(&root).unwrap();

    // Open files are sent completely.
    assert!(http.receive().body == noise(LEN));
    lanes.request(&[run(0, 1, Order::InOrder)]);
    assert_eq!(lanes.receive(), common::Frame::Packet(0, noise(65_536)));

    assert_eq!(http.get("/x", "").status, 404);
    let page = http.get("/", "");
    assert!(matches!(page.status, 200 | 404), "{page:?}");
    assert_eq!(http.get("/sample-1KiB.bin", "").status, 200);
    lanes.request(&[open("x", 1024)]);
    assert_eq!(lanes.refusal().0, Refusal::NoSuchFile);
    lanes.request(&[common::list("")]);
    assert!(matches!(
        lanes.reply(),
        lanes_shared::wire::Reply::Catalogue { .. }
    ));
    assert_eq!(lanes.open("sample-1KiB.bin", 128).len, 1024);

    // A folder that is created again is served over the same connections.
    std::fs::create_dir(&root).unwrap();
    write(&root.join("y"), b"new");
    assert_eq!(http.get("/y", "").body, b"new");
    assert!(http.get("/", "").text().contains("./y"));
    assert_eq!(lanes.open("y", 128).len, 3);
}
