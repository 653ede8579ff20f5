//! Files that must not be served, and files that would block.

use super::common::http::HttpClient;
use super::common::{Client, list, open, serve};
use lanes_shared::wire::{Refusal, Reply};

#[test]
fn part_files_and_journals_are_neither_listed_nor_served() {
    let dir = tempfile::tempdir().unwrap();
    let hidden = [
        "a.bin.part",
        "a.bin.lanes",
        "a.bin.lanes.new",
        "B.PART",
        "B.Lanes",
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
        assert_eq!(http.get(&format!("/{name}"), "").status, 404, "{name}");
        client.request(&[open(name, 1024)]);
        assert_eq!(client.refusal().0, Refusal::NoSuchFile, "{name}");
    }
    for name in ["a.bin", "party", "lanes", "songs.part/song"] {
        assert_eq!(http.get(&format!("/{name}"), "").status, 200, "{name}");
    }
    let page = http.get("/", "").text().to_owned();
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

#[cfg(unix)]
#[test]
fn a_pipe_that_replaces_a_file_blocks_no_thread() {
    let dir = tempfile::tempdir().unwrap();
    let [file, pipe] = ["file", "pipe"].map(|name| dir.path().join(name));
    std::fs::write(&file, "bytes").unwrap();
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let server = serve(dir.path());
    // Between looking at a file and opening it, any number of requests may fall.
    let mut clients = [(); 9].map(|()| HttpClient::new(server.addr()));
    for _ in 0..50 {
        let swapped = dir.path().join("swapped");
        std::fs::rename(&file, &swapped).unwrap();
        std::fs::rename(&pipe, &file).unwrap();
        std::fs::rename(&swapped, &pipe).unwrap();
        for http in &mut clients {
            for target in ["/file", "/pipe"] {
                assert!([200, 404].contains(&http.get(target, "").status));
            }
        }
    }
    super::assert_stops(server);
}
