//! Files that must not be served, and files that would block.

use super::common::http::HttpClient;
use super::common::{Client, list, open, serve};
use lanes_shared::wire::{Refusal, Reply};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

#[test]
fn part_files_and_journals_are_neither_listed_nor_served() {
    let dir = tempfile::tempdir().unwrap();
    let hidden = [
        "a.bin.part",
        "a.bin.lanes",
        "a.bin.lanes.new",
        "B.PART",
        "B.Lanes",
        // Other file systems take these for the names above.
        "c.bin.lane\u{17f}",
        "c.bin.pa\u{200d}rt",
        "c.bin.part.",
    ];
    for name in hidden.iter().chain(&["a.bin", "party", "lanes"]) {
        std::fs::write(dir.path().join(name), "bytes").unwrap();
    }
    std::fs::create_dir(dir.path().join("songs.part")).unwrap();
    std::fs::write(dir.path().join("songs.part/song"), "bytes").unwrap();
    let server = serve(dir.path());
    let mut http = HttpClient::new(server.addr());
    let mut client = Client::new(server.addr());
    for name in hidden {
        let path = utf8_percent_encode(name, NON_ALPHANUMERIC);
        assert_eq!(http.get(&format!("/{path}"), "").status, 404, "{name}");
        client.request(&[open(name, 1024)]);
        assert_eq!(client.refusal().0, Refusal::NoSuchFile, "{name}");
    }
    for name in ["a.bin", "party", "lanes", "songs.part/song"] {
        assert_eq!(http.get(&format!("/{name}"), "").status, 200, "{name}");
    }
    let page = http.get("/", "");
    let page = page.text();
    client.request(&[list("")]);
    let Reply::Catalogue { entries, .. } = client.reply() else {
        panic!("no catalogue");
    };
    for name in hidden {
        assert!(!page.contains(name), "{page}");
        assert!(entries.iter().all(|entry| entry.name != name), "{name}");
    }
    assert!(page.contains("songs.part/"), "{page}");
}

/// Unblocks threads that wait in vain for the writer of a pipe, so that a failed test ends.
#[cfg(unix)]
struct PipeWriter(std::path::PathBuf);

#[cfg(unix)]
impl Drop for PipeWriter {
    fn drop(&mut self) {
        let mut options = std::fs::OpenOptions::new();
        let _writer = options.read(true).write(true).open(&self.0);
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_that_replaces_a_file_blocks_no_thread() {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;

    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    std::fs::write(path("file"), "bytes").unwrap();
    let made = std::process::Command::new("mkfifo")
        .arg(path("pipe"))
        .status();
    assert!(made.unwrap().success());
    let server = serve(dir.path());
    let _writers = ["file", "pipe"].map(|name| PipeWriter(path(name)));
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let swap = || {
            while !is_over.load(Ordering::Relaxed) {
                for (from, to) in [("file", "third"), ("pipe", "file"), ("third", "pipe")] {
                    std::fs::rename(path(from), path(to)).unwrap();
                }
            }
        };
        let swapper = thread::Builder::new().name("swapper".into());
        swapper.spawn_scoped(scope, swap).unwrap();
        let mut clients = [(); 9].map(|()| HttpClient::new(server.addr()));
        for http in &mut clients {
            let timeout = Some(std::time::Duration::from_secs(20));
            http.socket.set_read_timeout(timeout).unwrap();
        }
        let request = || {
            for _ in 0..500 {
                for http in &mut clients {
                    http.send("GET /file HTTP/1.1\r\nHost: localhost\r\n\r\n");
                }
                for http in &mut clients {
                    assert!([200, 404, 503].contains(&http.receive().status));
                }
            }
        };
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(request));
        is_over.store(true, Ordering::Relaxed);
        result
    })
    .unwrap();
    super::assert_stops(server);
}
