//! Resume of downloads that were stopped or lost their server.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use lanes_engine::{CancelToken, DownloadSnapshot, DownloadSpec, FetchError, Mode, fetch};
use lanes_server::Server;

use super::common::{bytes, get, names, request, serve, serve_on};
use super::reason;

/// Runs a download and calls `interrupt` once the first bytes have arrived.
fn fetch_interrupted(
    request: &DownloadSpec,
    mut interrupt: impl FnMut(&CancelToken),
) -> Result<lanes_engine::Outcome, FetchError> {
    let stop = CancelToken::default();
    let mut interrupted = false;
    fetch(request, &stop, &mut |snapshot: &Arc<DownloadSnapshot>| {
        if snapshot.done > 0 && !interrupted {
            interrupted = true;
            interrupt(&stop);
        }
    })
}

#[test]
fn a_part_file_has_a_journal_from_the_start() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    let request = request(server.addr(), "sample-300MiB.bin", folder.path());
    let mut checked = false;
    let result = fetch_interrupted(&request, |stop| {
        checked = true;
        assert_eq!(
            names(folder.path()),
            ["sample-300MiB.bin.lanes", "sample-300MiB.bin.part"]
        );
        stop.cancel();
    });
    assert!(checked && result.is_err());
}

#[test]
fn a_stopped_download_resumes_in_every_mode() {
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
        let first = fetch_interrupted(&request, CancelToken::cancel);
        assert_eq!(first.map(drop), Err(FetchError::Stopped));
        assert_eq!(
            names(folder.path()),
            ["sample-300MiB.bin.lanes", "sample-300MiB.bin.part"]
        );
        let outcome = get(&request).unwrap();
        assert!(outcome.resumed_bytes > 0, "{mode:?} restarted from zero");
        assert_eq!(names(folder.path()), ["sample-300MiB.bin"]);
        assert_eq!(fs::metadata(&outcome.path).unwrap().len(), 300 << 20);
        fs::remove_file(outcome.path).unwrap();
    }
}

/// Returns the address of a server, the server in an `Option` so that it can be dropped, and a request over
/// three connections.
fn stoppable_server(
    root: &Path,
    folder: &Path,
) -> (SocketAddr, Mutex<Option<Server>>, DownloadSpec) {
    let server = serve(root);
    let addr = server.addr();
    let request = DownloadSpec {
        connections: 3,
        ..request(addr, "sample-300MiB.bin", folder)
    };
    (addr, Mutex::new(Some(server)), request)
}

#[test]
fn a_download_whose_server_disappears_fails_and_can_be_resumed() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (addr, server, request) = stoppable_server(root.path(), folder.path());
    let first = fetch_interrupted(&request, |_| drop(server.lock().unwrap().take()));
    let reason = reason(first);
    assert!(reason.contains("resume"), "{reason}");
    assert_eq!(
        names(folder.path()),
        ["sample-300MiB.bin.lanes", "sample-300MiB.bin.part"]
    );
    let _restarted = serve_on(addr, root.path(), 256);
    assert!(get(&request).unwrap().resumed_bytes > 0);
    assert_eq!(names(folder.path()), ["sample-300MiB.bin"]);
}

#[test]
fn a_download_survives_a_quick_server_restart() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (addr, server, request) = stoppable_server(root.path(), folder.path());
    let outcome = fetch_interrupted(&request, |_| {
        let mut server = server.lock().unwrap();
        drop(server.take());
        *server = Some(serve_on(addr, root.path(), 256));
    });
    let outcome = outcome.unwrap();
    assert!(outcome.retries > 0);
    assert_eq!(fs::metadata(outcome.path).unwrap().len(), 300 << 20);
}

/// The journal cannot be written from then on, and the file would get no name.
#[test]
fn a_folder_that_is_moved_ends_the_download_which_resumes_when_it_is_back() {
    let root = tempfile::tempdir().unwrap();
    let outer = tempfile::tempdir().unwrap();
    let (folder, moved) = (outer.path().join("here"), outer.path().join("there"));
    let server = serve(root.path());
    let request = DownloadSpec {
        connections: 3,
        rate_limit: Some(8 << 20),
        ..request(server.addr(), "sample-300MiB.bin", &folder)
    };
    let journal = folder.join("sample-300MiB.bin.lanes");
    let mut first = None;
    let mut moved_at = None;
    let result = fetch(&request, &CancelToken::default(), &mut |_: &Arc<
        DownloadSnapshot,
    >| {
        let now = fs::read(&journal).ok();
        if first.is_none() {
            first.clone_from(&now);
        }
        // It has bytes to resume from its second version on.
        if moved_at.is_none() && now != first {
            fs::rename(&folder, &moved).unwrap();
            moved_at = Some(Instant::now());
        }
    });
    let after = moved_at.expect("the journal is replaced").elapsed();
    let reason = reason(result);
    assert!(reason.contains("moved or deleted"), "{reason}");
    assert!(after < Duration::from_secs(20), "noticed after {after:?}");
    assert!(!folder.exists());
    fs::rename(&moved, &folder).unwrap();
    let unlimited = DownloadSpec {
        rate_limit: None,
        ..request
    };
    assert!(get(&unlimited).unwrap().resumed_bytes > 0);
    assert_eq!(names(&folder), ["sample-300MiB.bin"]);
}

#[test]
fn a_resume_of_a_changed_file_fails_unless_restart_on_change_is_set() {
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
        fetch_interrupted(&request, CancelToken::cancel).map(drop),
        Err(FetchError::Stopped)
    );
    fs::write(&path, bytes(200_000_000, 2)).unwrap();
    let reason = reason(get(&request));
    assert!(reason.contains("changed"), "{reason}");
    assert!(!folder.path().join("big").exists());

    let restart = DownloadSpec {
        restart_on_change: true,
        ..request
    };
    let saved = get(&restart).unwrap();
    assert_eq!(saved.resumed_bytes, 0);
    assert_eq!(fs::read(&saved.path).unwrap(), bytes(200_000_000, 2));
    assert_eq!(names(folder.path()), ["big"]);
}
