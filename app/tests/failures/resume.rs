//! A download is stopped, or its server goes; it goes on later with what came, or not at all.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use lanes_engine::{CancelToken, DownloadSnapshot, DownloadSpec, FetchError, Mode, fetch};
use lanes_server::Server;

use super::common::{bytes, get, names, request, serve, serve_on};
use super::reason;

/// Starts a download that is long enough to be interrupted, and interrupts it when bytes came.
fn interrupted(
    request: &DownloadSpec,
    mut interrupt: impl FnMut(&CancelToken),
) -> Result<lanes_engine::Outcome, FetchError> {
    let stop = CancelToken::default();
    let mut done = false;
    fetch(request, &stop, &mut |snapshot: &Arc<DownloadSnapshot>| {
        if snapshot.done > 0 && !done {
            done = true;
            interrupt(&stop);
        }
    })
}

#[test]
fn a_part_file_has_its_journal_from_the_first_moment() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    let request = request(server.addr(), "sample-300MiB.bin", folder.path());
    let mut seen = false;
    let result = interrupted(&request, |stop| {
        seen = true;
        assert_eq!(
            names(folder.path()),
            ["sample-300MiB.bin.lanes", "sample-300MiB.bin.part"]
        );
        stop.stop();
    });
    assert!(seen && result.is_err());
}

#[test]
fn what_was_stopped_goes_on_where_it_was() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    for mode in Mode::ALL {
        let plain = request(server.addr(), "sample-300MiB.bin", folder.path());
        let request = DownloadSpec {
            mode,
            connections: 8,
            ..plain
        };
        let first = interrupted(&request, CancelToken::stop);
        assert_eq!(first.map(drop), Err(FetchError::Stopped));
        assert_eq!(
            names(folder.path()),
            ["sample-300MiB.bin.lanes", "sample-300MiB.bin.part"]
        );
        let outcome = get(&request).unwrap();
        assert!(outcome.resumed_bytes > 0, "{mode:?} began anew");
        assert_eq!(names(folder.path()), ["sample-300MiB.bin"]);
        assert_eq!(fs::metadata(&outcome.path).unwrap().len(), 300 << 20);
        fs::remove_file(outcome.path).unwrap();
    }
}

/// A server that can be taken away, its address, and a download from it over three connections.
fn mortal(root: &Path, folder: &Path) -> (SocketAddr, Mutex<Option<Server>>, DownloadSpec) {
    let server = serve(root);
    let addr = server.addr();
    let request = DownloadSpec {
        connections: 3,
        ..request(addr, "sample-300MiB.bin", folder)
    };
    (addr, Mutex::new(Some(server)), request)
}

#[test]
fn a_server_that_goes_and_does_not_come_back_leaves_a_download_to_resume() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (addr, server, request) = mortal(root.path(), folder.path());
    let first = interrupted(&request, |_| drop(server.lock().unwrap().take()));
    let reason = reason(first);
    assert!(reason.contains("resume"), "{reason}");
    assert_eq!(
        names(folder.path()),
        ["sample-300MiB.bin.lanes", "sample-300MiB.bin.part"]
    );
    let _again = serve_on(addr, root.path(), 256);
    assert!(get(&request).unwrap().resumed_bytes > 0);
    assert_eq!(names(folder.path()), ["sample-300MiB.bin"]);
}

#[test]
fn a_server_that_comes_back_soon_costs_nothing_but_time() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (addr, server, request) = mortal(root.path(), folder.path());
    let outcome = interrupted(&request, |_| {
        let mut server = server.lock().unwrap();
        drop(server.take());
        *server = Some(serve_on(addr, root.path(), 256));
    });
    let outcome = outcome.unwrap();
    assert!(outcome.retries > 0);
    assert_eq!(fs::metadata(outcome.path).unwrap().len(), 300 << 20);
}

#[test]
fn a_file_that_changed_since_is_not_mixed() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    let path = root.path().join("big");
    fs::write(&path, bytes(200_000_000, 1)).unwrap();
    let request = DownloadSpec {
        connections: 2,
        ..request(server.addr(), "big", folder.path())
    };
    assert_eq!(
        interrupted(&request, CancelToken::stop).map(drop),
        Err(FetchError::Stopped)
    );
    fs::write(&path, bytes(200_000_000, 2)).unwrap();
    let reason = reason(get(&request));
    assert!(reason.contains("changed"), "{reason}");
    assert!(!folder.path().join("big").exists());

    let anew = DownloadSpec {
        restart_on_change: true,
        ..request
    };
    let saved = get(&anew).unwrap();
    assert_eq!(saved.resumed_bytes, 0);
    assert_eq!(fs::read(&saved.path).unwrap(), bytes(200_000_000, 2));
    assert_eq!(names(folder.path()), ["big"]);
}
