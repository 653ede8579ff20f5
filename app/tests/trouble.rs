//! What goes wrong between a client and a server, and what the user is left with.

mod common;

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use common::{bytes, get, names, request, serve, serve_at_most, serve_on, wait_for};
use lanes::engine::{
    Command, DownloadId, DownloadSnapshot, DownloadState, Engine, FetchError, Mode, Request, Stop,
    fetch,
};

fn reason(result: Result<lanes::engine::Outcome, FetchError>) -> String {
    match result {
        Err(
            FetchError::Failed(reason)
            | FetchError::NoSuchFile(reason)
            | FetchError::Changed(reason),
        ) => reason,
        other => panic!("expected a failure, got {other:?}"),
    }
}

#[test]
fn an_unknown_name_is_said_in_words_and_leaves_nothing() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    for mode in Mode::ALL {
        let request = Request {
            mode,
            ..request(server.addr(), "Dta.jpg", folder.path())
        };
        let reason = reason(get(&request));
        assert!(reason.contains("Dta.jpg"), "{reason}");
    }
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_server_that_is_not_there_is_named_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let reason = reason(get(&request(gone, "Data.jpg", folder.path())));
    assert!(
        reason.contains(&gone.to_string()) && reason.contains("refused"),
        "{reason}"
    );
    assert!(names(folder.path()).is_empty());
}

#[test]
fn a_server_that_speaks_something_else_is_no_hang() {
    let folder = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    // Enough for every try of one connection.
    let strange = || {
        for stream in listener.incoming().take(2) {
            let mut stream = stream.unwrap();
            let _ = std::io::Write::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n");
        }
    };
    let request = Request {
        connections: 1,
        ..request(addr, "x", folder.path())
    };
    let reason = std::thread::scope(|scope| {
        scope.spawn(strange);
        reason(get(&request))
    });
    assert!(
        reason.contains("protocol") || reason.contains("lost") || reason.contains("answers"),
        "{reason}"
    );
}

#[test]
fn a_server_that_takes_only_four_connections_still_gives_the_file() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve_at_most(root.path(), 4);
    let expected = bytes(3_000_000, 4);
    fs::write(root.path().join("x"), &expected).unwrap();
    for _ in 0..5 {
        let request = Request {
            connections: 10,
            ..request(server.addr(), "x", folder.path())
        };
        let outcome = get(&request).unwrap();
        assert!(fs::read(&outcome.path).unwrap() == expected);
        fs::remove_file(outcome.path).unwrap();
    }
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

/// Starts a download that is long enough to be interrupted, and interrupts it when bytes came.
fn interrupted(
    request: &Request,
    mut interrupt: impl FnMut(&Stop),
) -> Result<lanes::engine::Outcome, FetchError> {
    let stop = Stop::default();
    let mut done = false;
    fetch(request, &stop, &mut |snapshot: &Arc<DownloadSnapshot>| {
        if snapshot.done > 0 && !done {
            done = true;
            interrupt(&stop);
        }
    })
}

#[test]
fn what_was_stopped_goes_on_where_it_was() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    for mode in Mode::ALL {
        let plain = request(server.addr(), "sample-300MiB.bin", folder.path());
        let request = Request {
            mode,
            connections: 8,
            ..plain
        };
        let first = interrupted(&request, Stop::stop);
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

#[test]
fn a_server_that_goes_and_does_not_come_back_leaves_a_download_to_resume() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    let addr = server.addr();
    let request = Request {
        connections: 3,
        ..request(addr, "sample-300MiB.bin", folder.path())
    };
    let server = std::sync::Mutex::new(Some(server));
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
    let server = serve(root.path());
    let addr = server.addr();
    let request = Request {
        connections: 3,
        ..request(addr, "sample-300MiB.bin", folder.path())
    };
    let server = std::sync::Mutex::new(Some(server));
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
    let request = Request {
        connections: 2,
        ..request(server.addr(), "big", folder.path())
    };
    assert_eq!(
        interrupted(&request, Stop::stop).map(drop),
        Err(FetchError::Stopped)
    );
    fs::write(&path, bytes(200_000_000, 2)).unwrap();
    let reason = reason(get(&request));
    assert!(reason.contains("changed"), "{reason}");
    assert!(!folder.path().join("big").exists());

    let anew = Request {
        restart_on_change: true,
        ..request
    };
    let saved = get(&anew).unwrap();
    assert_eq!(saved.resumed_bytes, 0);
    assert_eq!(fs::read(&saved.path).unwrap(), bytes(200_000_000, 2));
    assert_eq!(names(folder.path()), ["big"]);
}

/// An engine, a server with a sample big enough to be interrupted, and a download of it.
struct Bench {
    engine: Engine,
    folder: tempfile::TempDir,
    _server: lanes_server::Server,
    _root: tempfile::TempDir,
    id: DownloadId,
}

const BIG: &str = "sample-400MiB.bin";

impl Bench {
    fn new() -> Self {
        let (root, folder) = (tempfile::tempdir(), tempfile::tempdir());
        let (root, folder) = (root.expect("a folder"), folder.expect("a folder"));
        let server = serve_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), root.path(), 256);
        let engine = Engine::start(Arc::new(|| {})).expect("an engine");
        let id = engine.add(request(server.addr(), BIG, folder.path()));
        Self {
            engine,
            folder,
            _server: server,
            _root: root,
            id,
        }
    }

    fn send(&self, command: fn(DownloadId) -> Command) {
        self.engine.send(command(self.id));
    }

    fn wait(&self, what: &str, ready: impl Fn(&DownloadSnapshot) -> bool) -> Arc<DownloadSnapshot> {
        wait_for(what, || {
            let snapshot = self.engine.snapshot();
            snapshot.download(self.id).filter(|d| ready(d)).cloned()
        })
    }

    fn wait_state(&self, state: &DownloadState) {
        self.wait(state.word(), |d| d.state == *state);
    }
}

#[test]
fn pause_resume_cancel_in_every_order() {
    let bench = Bench::new();
    bench.wait("bytes", |d| d.done > 0);
    bench.send(Command::Resume); // running already: nothing happens
    bench.send(Command::Remove); // running: nothing happens
    bench.send(Command::Pause);
    bench.send(Command::Pause);
    bench.wait_state(&DownloadState::Paused);
    assert_eq!(names(bench.folder.path()).len(), 2);
    bench.send(Command::Pause); // paused already: nothing happens
    bench.send(Command::Resume);
    bench.send(Command::Resume);
    bench.wait("more bytes", |d| {
        d.state == DownloadState::Running && d.resumed > 0
    });
    bench.send(Command::Cancel);
    bench.wait_state(&DownloadState::Cancelled);
    assert!(names(bench.folder.path()).is_empty());
    bench.send(Command::Resume); // cancelled: nothing happens
    bench.send(Command::Pause);
    bench.send(Command::Remove);
    wait_for("the download to be forgotten", || {
        bench.engine.snapshot().downloads.is_empty().then_some(())
    });
}

#[test]
fn a_resumed_download_finishes_and_its_file_stays() {
    let bench = Bench::new();
    bench.wait("bytes", |d| d.done > 0);
    bench.send(Command::Pause);
    bench.wait_state(&DownloadState::Paused);
    bench.send(Command::Resume);
    bench.wait_state(&DownloadState::Finished);
    assert_eq!(names(bench.folder.path()), [BIG]);
    bench.send(Command::Cancel); // finished: the file stays
    bench.send(Command::Resume);
    bench.send(Command::Remove);
    wait_for("the download to be forgotten", || {
        bench.engine.snapshot().downloads.is_empty().then_some(())
    });
    assert_eq!(names(bench.folder.path()), [BIG]);
}

#[test]
fn a_paused_download_that_is_cancelled_leaves_nothing() {
    let bench = Bench::new();
    bench.wait("bytes", |d| d.done > 0);
    bench.send(Command::Pause);
    bench.wait_state(&DownloadState::Paused);
    bench.send(Command::Cancel);
    bench.wait_state(&DownloadState::Cancelled);
    assert!(names(bench.folder.path()).is_empty());
}

#[test]
fn dropping_the_engine_ends_every_thread_and_keeps_what_came() {
    let bench = Bench::new();
    bench.wait("bytes", |d| d.done > 0);
    let Bench {
        engine,
        folder,
        _server: server,
        ..
    } = bench;
    drop(engine);
    let names = names(folder.path());
    assert_eq!(names, [format!("{BIG}.lanes"), format!("{BIG}.part")]);
    let outcome = get(&request(server.addr(), BIG, folder.path())).unwrap();
    assert!(outcome.resumed_bytes > 0);
}

#[test]
fn a_catalogue_comes_or_says_why_not() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("Data.jpg"), b"x").unwrap();
    let server = serve(root.path());
    let engine = Engine::start(Arc::new(|| {})).unwrap();
    let here: lanes::engine::source::ServerName = server.addr().to_string().parse().unwrap();
    let gone = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let gone: lanes::engine::source::ServerName = gone.to_string().parse().unwrap();
    engine.send(Command::Browse(here.clone()));
    engine.send(Command::Browse(gone.clone()));
    let entries = wait_for("the catalogue", || {
        match engine.snapshot().catalogues.get(&here) {
            Some(lanes::engine::Catalogue::Ready(entries)) => Some(entries.clone()),
            _ => None,
        }
    });
    assert!(
        entries
            .iter()
            .any(|entry| entry.name == "Data.jpg" && entry.len == 1)
    );
    let reason = wait_for("the refusal", || {
        match engine.snapshot().catalogues.get(&gone) {
            Some(lanes::engine::Catalogue::Failed(reason)) => Some(reason.clone()),
            _ => None,
        }
    });
    assert!(reason.contains("refused"), "{reason}");
}

/// Passes everything on between clients and `server`, except that of each of the first two
/// connections one byte, `at` bytes behind the beginning, comes to the client turned over.
fn damage(listener: &TcpListener, server: SocketAddr, over: &AtomicBool, at: usize) {
    std::thread::scope(|scope| {
        for (number, client) in listener.incoming().enumerate() {
            if over.load(Ordering::Relaxed) {
                return;
            }
            let client = client.expect("a client");
            let server = TcpStream::connect(server).expect("the server");
            let mut from = server.try_clone().expect("a second handle");
            let mut to = client.try_clone().expect("a second handle");
            scope.spawn(move || {
                let mut buf = [0; 8192];
                let mut seen = 0;
                while let Ok(len @ 1..) = std::io::Read::read(&mut from, &mut buf) {
                    if number < 2 && (seen..seen + len).contains(&at) {
                        buf[at - seen] ^= 0x40;
                    }
                    seen += len;
                    if std::io::Write::write_all(&mut to, &buf[..len]).is_err() {
                        break;
                    }
                }
                let _ = to.shutdown(std::net::Shutdown::Both);
            });
            scope.spawn(move || {
                let (mut client, mut server) = (client, server);
                let _ = std::io::copy(&mut client, &mut server);
                let _ = server.shutdown(std::net::Shutdown::Both);
            });
        }
    });
}

#[test]
fn a_byte_that_was_damaged_on_the_way_is_never_accepted() {
    let root = tempfile::tempdir().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = serve(root.path());
    let server_addr = server.addr();
    let expected = bytes(2_000_000, 9);
    fs::write(root.path().join("x"), &expected).unwrap();
    // In the greeting, in the answer to open, in the head of a packet, in its payload.
    for at in [1, 30, 60, 75, 110, 5_000, 300_001] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap();
        let request = Request {
            connections: 3,
            packet_len: 4096,
            ..request(addr, "x", folder.path())
        };
        std::thread::scope(|scope| {
            let over = Arc::new(AtomicBool::new(false));
            let seen = Arc::clone(&over);
            scope.spawn(move || damage(&listener, server_addr, &seen, at));
            let result = get(&request);
            if let Ok(outcome) = result {
                assert!(fs::read(&outcome.path).unwrap() == expected, "byte {at}");
                fs::remove_file(outcome.path).unwrap();
            } else {
                assert!(!folder.path().join("x").exists(), "byte {at}");
            }
            over.store(true, Ordering::Relaxed);
            drop(TcpStream::connect(addr));
        });
        for name in names(folder.path()) {
            fs::remove_file(folder.path().join(name)).unwrap();
        }
    }
}
