//! Several downloads in one engine: the queue, the persistent history, and the log and timeline of each.

mod common;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use common::{names, request, serve, wait, wait_for};
use lanes_engine::{
    Check, Command, ConnectionState, Destination, DownloadId, DownloadSnapshot, DownloadSpec,
    DownloadState, Engine, Limits, Mode,
};
use lanes_shared::wire::Order;

/// Large enough not to complete during a test.
const BIG: &str = "sample-8GiB.bin";
const SMALL: &str = "sample-3MB.bin";

fn engine() -> Engine {
    Engine::start(Arc::new(|| {})).expect("an engine")
}

fn engine_with(history: &Path) -> Engine {
    Engine::with_history(Arc::new(|| {}), history.to_owned()).expect("an engine")
}

fn wait_state(engine: &Engine, id: DownloadId, state: &DownloadState) -> Arc<DownloadSnapshot> {
    wait(engine, id, state.label(), |now| now.state == *state)
}

fn state_word(engine: &Engine, id: DownloadId) -> &'static str {
    engine
        .snapshot()
        .download(id)
        .map_or("gone", |now| now.state.label())
}

fn small(addr: SocketAddr, folder: &Path) -> DownloadSpec {
    DownloadSpec {
        connections: 3,
        ..request(addr, SMALL, folder)
    }
}

#[test]
fn downloads_beyond_the_limit_wait_and_start_in_order() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve(root.path());
    let engine = engine();
    engine.send(Command::Limit(Limits {
        downloads: 1,
        ..Limits::default()
    }));
    let running = engine.add(request(server.addr(), BIG, folder.path()));
    wait(&engine, running, "bytes", |now| now.done > 0);
    let [second, third, fourth] = [(); 3].map(|()| engine.add(small(server.addr(), folder.path())));
    for id in [second, third, fourth] {
        wait_state(&engine, id, &DownloadState::Queued);
    }
    // A waiting download can be paused, cancelled, and started regardless of the limit.
    engine.send(Command::Pause(second));
    wait_state(&engine, second, &DownloadState::Paused);
    engine.send(Command::Cancel(third));
    wait_state(&engine, third, &DownloadState::Cancelled);
    engine.send(Command::Resume(fourth));
    wait_state(&engine, fourth, &DownloadState::Finished);
    assert!(
        engine
            .snapshot()
            .download(running)
            .unwrap()
            .state
            .is_active()
    );
    engine.send(Command::Resume(second));
    wait_state(&engine, second, &DownloadState::Queued);
    // The end of a download starts the next one.
    engine.send(Command::Pause(running));
    wait_state(&engine, second, &DownloadState::Finished);
    // A higher limit takes effect at once.
    engine.send(Command::Resume(running));
    wait(&engine, running, "its second start", |now| {
        now.state.is_active()
    });
    let last = engine.add(small(server.addr(), folder.path()));
    wait_state(&engine, last, &DownloadState::Queued);
    engine.send(Command::Limit(Limits {
        downloads: 2,
        ..Limits::default()
    }));
    wait_state(&engine, last, &DownloadState::Finished);
}

#[test]
fn the_history_is_restored_and_an_unfinished_download_resumes() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let history = folder.path().join("kept/history.json");
    let files = folder.path().join("files");
    let server = serve(root.path());
    let (finished, running) = {
        let engine = engine_with(&history);
        let finished = engine.add(small(server.addr(), &files));
        let finished = wait_state(&engine, finished, &DownloadState::Finished);
        let missing = engine.add(request(server.addr(), "no-such-file", &files));
        wait(&engine, missing, "its end", |now| {
            matches!(now.state, DownloadState::Failed(_))
        });
        let running = engine.add(request(server.addr(), "sample-900MiB.bin", &files));
        let running = wait(&engine, running, "bytes", |now| now.done > 4 << 20);
        (finished, running)
    };
    let engine = engine_with(&history);
    let list = wait_for("the list", || {
        Some(engine.snapshot().downloads).filter(|list| list.len() == 3)
    });
    let words: Vec<_> = list.iter().map(|now| now.state.label()).collect();
    assert_eq!(words, ["Finished", "Failed", "Paused"]);
    assert_eq!(
        (&list[0].path, list[0].digest),
        (&finished.path, finished.digest)
    );
    let difference = finished.added.duration_since(list[0].added).unwrap();
    assert!(
        difference.as_millis() == 0,
        "time added differs by {difference:?}"
    );
    let DownloadState::Failed(reason) = &list[1].state else {
        unreachable!("asserted above");
    };
    assert!(reason.contains("no-such-file"), "{reason}");
    assert!(
        list[2].done >= running.done.min(4 << 20),
        "the restored download has lost bytes"
    );
    let id = list[2].id;
    engine.send(Command::Resume(id));
    let done = wait_state(&engine, id, &DownloadState::Finished);
    assert!(done.resumed > 0, "restarted from zero");
    // A new download gets an id above those of the restored downloads.
    let new = engine.add(small(server.addr(), &files));
    assert!(list.iter().all(|old| old.id < new));
    wait_state(&engine, new, &DownloadState::Finished);
}

#[test]
fn a_restored_download_can_be_cancelled() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let history = folder.path().join("history.json");
    let files = folder.path().join("files");
    let server = serve(root.path());
    {
        let engine = engine_with(&history);
        let id = engine.add(request(server.addr(), BIG, &files));
        wait(&engine, id, "bytes", |now| now.done > 0);
    }
    assert_eq!(names(&files).len(), 2);
    let engine = engine_with(&history);
    let id = wait_for("the list", || Some(engine.snapshot().downloads.first()?.id));
    engine.send(Command::Cancel(id));
    wait_state(&engine, id, &DownloadState::Cancelled);
    assert!(names(&files).is_empty());
}

#[test]
fn verify_detects_a_modified_and_a_missing_file() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve(root.path());
    let engine = engine();
    let id = engine.add(small(server.addr(), folder.path()));
    wait_state(&engine, id, &DownloadState::Finished);
    let path = folder.path().join(SMALL);
    engine.send(Command::Verify(id));
    wait(&engine, id, "the result", |now| now.check == Check::Good);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[1_000_000] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    for words in ["changed since it was downloaded", "was deleted or moved"] {
        engine.send(Command::Verify(id));
        wait(
            &engine,
            id,
            words,
            |now| matches!(&now.check, Check::Bad(reason) if reason.contains(words)),
        );
        let _ = std::fs::remove_file(&path);
    }
    // Removing a download ends the verification of its file.
    engine.send(Command::Verify(id));
    engine.send(Command::Remove(id));
    wait_for("the removal", || {
        (state_word(&engine, id) == "gone").then_some(())
    });
}

#[test]
fn a_failed_download_can_continue_with_another_url_and_destination() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve(root.path());
    let engine = engine();
    let id = engine.add(request(server.addr(), "no-such-file", folder.path()));
    wait(&engine, id, "its end", |now| {
        matches!(now.state, DownloadState::Failed(_))
    });
    let other = DownloadSpec {
        destination: Destination::File(folder.path().join("other/name.bin")),
        ..small(server.addr(), folder.path())
    };
    engine.send(Command::Change(id, Box::new(other)));
    let done = wait_state(&engine, id, &DownloadState::Finished);
    assert_eq!(
        done.path.as_deref(),
        Some(&*folder.path().join("other/name.bin"))
    );
    assert!(
        done.log
            .iter()
            .any(|line| line.text.contains("no-such-file")),
        "{:?}",
        done.log
    );
}

#[test]
fn a_short_download_has_a_complete_timeline_and_log() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve(root.path());
    let engine = engine();
    let id = engine.add(small(server.addr(), folder.path()));
    let now = wait_state(&engine, id, &DownloadState::Finished);
    let timeline = &now.timeline;
    assert_eq!(timeline.tracks.len(), 3);
    let bytes: f32 = timeline.tracks.iter().flat_map(|track| &track.bytes).sum();
    // Bytes of duplicate fetches are counted twice.
    let received: u64 = now
        .connections
        .iter()
        .map(|connection| connection.bytes)
        .sum();
    assert!(received >= 3_000_000);
    assert!(
        (bytes - received as f32).abs() < 3000.0,
        "{bytes} of {received}"
    );
    for track in &timeline.tracks {
        assert_eq!(track.states[0].1, ConnectionState::Connecting);
        assert_eq!(track.state(), Some(ConnectionState::Done));
    }
    let log: Vec<&str> = now.log.iter().map(|line| line.text.as_str()).collect();
    assert!(log[0].starts_with("Requesting lanes://"), "{log:?}");
    assert!(log.last().unwrap().starts_with("Finished in"), "{log:?}");
    for words in ["First byte after", "The file has 3.00 MB"] {
        assert!(
            log.iter().any(|line| line.contains(words)),
            "{words}: {log:?}"
        );
    }
}

#[test]
fn the_timeline_shows_packets_in_the_requested_order() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve(root.path());
    let engine = engine();
    let arrivals = |order| {
        let id = engine.add(DownloadSpec {
            mode: Mode::Packets,
            packet_len: 512,
            order,
            ..request(server.addr(), SMALL, folder.path())
        });
        let now = wait_state(&engine, id, &DownloadState::Finished);
        let packets: Vec<u64> = now.timeline.arrivals.iter().map(|a| a.packet).collect();
        assert!((1000..=2048).contains(&packets.len()), "{}", packets.len());
        packets
    };
    assert!(arrivals(Order::InOrder).is_sorted());
    let mut shuffled = arrivals(Order::Shuffled(7));
    assert!(!shuffled.is_sorted());
    shuffled.sort_unstable();
    shuffled.dedup();
    assert!(shuffled.len() > 1000, "packets arrived more than once");
}

fn http(addr: SocketAddr, name: &str, folder: &Path) -> DownloadSpec {
    let source = format!("http://{addr}/{name}").parse().expect("a URL");
    DownloadSpec {
        source,
        ..request(addr, name, folder)
    }
}

/// Starts a download and pauses it after 20 MB.
fn start_and_pause(engine: &Engine, request: DownloadSpec) -> DownloadId {
    let id = engine.add(request);
    wait(engine, id, "bytes", |now| now.done > 20_000_000);
    engine.send(Command::Pause(id));
    wait_state(engine, id, &DownloadState::Paused);
    id
}

#[test]
fn a_paused_download_resumes_from_another_url() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let bytes = common::bytes(60_000_000, 3);
    std::fs::write(root.path().join("a.bin"), &bytes).unwrap();
    let first = serve(root.path());
    let second = serve(root.path());
    let engine = engine();
    let slow = DownloadSpec {
        rate_limit: Some(40_000_000),
        ..http(first.addr(), "a.bin", folder.path())
    };
    let id = start_and_pause(&engine, slow);
    let new = http(second.addr(), "a.bin", folder.path());
    engine.send(Command::Change(id, Box::new(new)));
    let done = wait_state(&engine, id, &DownloadState::Finished);
    assert!(done.resumed >= 20_000_000, "{}", done.resumed);
    let path = done.path.clone().unwrap();
    assert_eq!(path, folder.path().join("a.bin"));
    assert!(std::fs::read(path).unwrap() == bytes, "wrong bytes");
    assert_eq!(names(folder.path()), ["a.bin"]);
}

#[test]
fn a_download_of_a_changed_file_fails_and_can_be_restarted() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let file = root.path().join("a.bin");
    std::fs::write(&file, common::bytes(60_000_000, 3)).unwrap();
    let server = serve(root.path());
    let list = tempfile::tempdir().unwrap();
    let history = list.path().join("list.json");
    let id = {
        let engine = engine_with(&history);
        let slow = DownloadSpec {
            rate_limit: Some(40_000_000),
            ..http(server.addr(), "a.bin", folder.path())
        };
        let id = start_and_pause(&engine, slow);
        let now = common::bytes(50_000_000, 4);
        std::fs::write(&file, &now).unwrap();
        engine.send(Command::Resume(id));
        let failed = wait(&engine, id, "the failure", |now| {
            matches!(now.state, DownloadState::Failed(_))
        });
        assert!(failed.source_changed, "{:?}", failed.state);
        DownloadId(1)
    };
    // The flag is restored after a restart of the engine.
    let engine = engine_with(&history);
    let back = wait(&engine, id, "the list", |_| true);
    assert!(back.source_changed);
    engine.send(Command::Restart(id));
    let done = wait_state(&engine, id, &DownloadState::Finished);
    assert_eq!((done.len, done.resumed), (Some(50_000_000), 0));
    assert!(!done.source_changed);
    assert!(std::fs::read(folder.path().join("a.bin")).unwrap() == common::bytes(50_000_000, 4));
    assert_eq!(names(folder.path()), ["a.bin"]);
}

#[test]
fn the_global_rate_limit_applies_to_running_downloads() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve(root.path());
    let engine = engine();
    let limit = |bytes_per_sec| {
        Command::Limit(Limits {
            bytes_per_sec,
            ..Limits::default()
        })
    };
    engine.send(limit(Some(100_000)));
    let id = engine.add(request(server.addr(), "sample-30MB.bin", folder.path()));
    let slow = wait(&engine, id, "bytes", |now| now.done > 100_000);
    assert!(slow.done < 15_000_000, "{}", slow.done);
    engine.send(limit(None));
    // With the first limit the download would take five minutes.
    wait_state(&engine, id, &DownloadState::Finished);
}

#[test]
fn a_change_of_the_automatic_connection_count_does_not_stall_the_download() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve(root.path());
    let started = std::time::Instant::now();
    for number in 0..30 {
        let name = format!("sample-{}KB.bin", 400 + number);
        let auto = DownloadSpec {
            auto: true,
            connections: 16,
            ..request(server.addr(), &name, folder.path())
        };
        common::get(&auto).unwrap();
    }
    // Each download takes milliseconds. A worker that requests segment 3 of 16 but waits for segment 3 of 8
    // stalls until the count changes again, some seconds later.
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}
