//! Many downloads in one engine: the queue, the list that outlives the program, the record of each.

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

/// So large that it does not end while a test looks at it.
const BIG: &str = "sample-8GiB.bin";
const SMALL: &str = "sample-3MB.bin";

fn engine() -> Engine {
    Engine::start(Arc::new(|| {})).expect("an engine")
}

fn engine_with(history: &Path) -> Engine {
    Engine::with_history(Arc::new(|| {}), history.to_owned()).expect("an engine")
}

fn wait_state(engine: &Engine, id: DownloadId, state: &DownloadState) -> Arc<DownloadSnapshot> {
    wait(engine, id, state.word(), |now| now.state == *state)
}

fn word(engine: &Engine, id: DownloadId) -> &'static str {
    engine
        .snapshot()
        .download(id)
        .map_or("gone", |now| now.state.word())
}

fn small(addr: SocketAddr, folder: &Path) -> DownloadSpec {
    DownloadSpec {
        connections: 3,
        ..request(addr, SMALL, folder)
    }
}

#[test]
fn what_is_beyond_the_limit_waits_and_starts_in_turn() {
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
        wait_state(&engine, id, &DownloadState::Waiting);
    }
    // One that waits can be paused, cancelled, and started whatever the limit.
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
    wait_state(&engine, second, &DownloadState::Waiting);
    // The end of one is the start of the next.
    engine.send(Command::Pause(running));
    wait_state(&engine, second, &DownloadState::Finished);
    // A higher limit takes effect at once.
    engine.send(Command::Resume(running));
    wait(&engine, running, "its second start", |now| {
        now.state.is_active()
    });
    let last = engine.add(small(server.addr(), folder.path()));
    wait_state(&engine, last, &DownloadState::Waiting);
    engine.send(Command::Limit(Limits {
        downloads: 2,
        ..Limits::default()
    }));
    wait_state(&engine, last, &DownloadState::Finished);
}

#[test]
fn the_list_comes_back_and_what_was_unfinished_goes_on() {
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
    let words: Vec<_> = list.iter().map(|now| now.state.word()).collect();
    assert_eq!(words, ["Finished", "Failed", "Paused"]);
    assert_eq!(
        (&list[0].path, list[0].digest),
        (&finished.path, finished.digest)
    );
    let away = finished.added.duration_since(list[0].added).unwrap();
    assert!(away.as_millis() == 0, "kept to the millisecond: {away:?}");
    let DownloadState::Failed(reason) = &list[1].state else {
        unreachable!("it was said above");
    };
    assert!(reason.contains("no-such-file"), "{reason}");
    assert!(
        list[2].done >= running.done.min(4 << 20),
        "what is kept is known"
    );
    let id = list[2].id;
    engine.send(Command::Resume(id));
    let done = wait_state(&engine, id, &DownloadState::Finished);
    assert!(done.resumed > 0, "it began anew");
    // New ones have numbers of their own, and come after the old ones.
    let new = engine.add(small(server.addr(), &files));
    assert!(list.iter().all(|old| old.id < new));
    wait_state(&engine, new, &DownloadState::Finished);
}

#[test]
fn what_an_earlier_program_left_can_be_cancelled() {
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
fn a_finished_file_is_looked_at_again() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve(root.path());
    let engine = engine();
    let id = engine.add(small(server.addr(), folder.path()));
    wait_state(&engine, id, &DownloadState::Finished);
    let path = folder.path().join(SMALL);
    engine.send(Command::Verify(id));
    wait(&engine, id, "the answer", |now| now.check == Check::Good);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[1_000_000] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    for words in ["is not what came", "is gone"] {
        engine.send(Command::Verify(id));
        wait(
            &engine,
            id,
            words,
            |now| matches!(&now.check, Check::Bad(reason) if reason.contains(words)),
        );
        let _ = std::fs::remove_file(&path);
    }
    // One that is forgotten while its file is read takes its thread with it.
    engine.send(Command::Verify(id));
    engine.send(Command::Remove(id));
    wait_for("it to go", || (word(&engine, id) == "gone").then_some(()));
}

#[test]
fn a_failed_one_can_be_asked_for_elsewhere_and_saved_elsewhere() {
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
            .any(|line| line.words.contains("no-such-file")),
        "{:?}",
        done.log
    );
}

#[test]
fn even_the_shortest_download_leaves_a_record() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve(root.path());
    let engine = engine();
    let id = engine.add(small(server.addr(), folder.path()));
    let now = wait_state(&engine, id, &DownloadState::Finished);
    let timeline = &now.timeline;
    assert_eq!(timeline.tracks.len(), 3);
    let bytes: f32 = timeline.tracks.iter().flat_map(|track| &track.bytes).sum();
    // What was raced came twice.
    let came: u64 = now
        .connections
        .iter()
        .map(|connection| connection.bytes)
        .sum();
    assert!(came >= 3_000_000);
    assert!((bytes - came as f32).abs() < 3000.0, "{bytes} of {came}");
    for track in &timeline.tracks {
        assert_eq!(track.states[0].1, ConnectionState::Connecting);
        assert_eq!(track.state(), Some(ConnectionState::Done));
    }
    let said: Vec<&str> = now.log.iter().map(|line| line.words.as_str()).collect();
    assert!(said[0].starts_with("Asks for lanes://"), "{said:?}");
    assert!(said.last().unwrap().starts_with("Finished in"), "{said:?}");
    for words in ["The first byte came after", "The file has 3.00 MB"] {
        assert!(
            said.iter().any(|line| line.contains(words)),
            "{words}: {said:?}"
        );
    }
}

#[test]
fn shuffled_packets_are_seen_to_arrive_shuffled() {
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
    assert!(shuffled.len() > 1000, "each packet comes once");
}

fn http(addr: SocketAddr, name: &str, folder: &Path) -> DownloadSpec {
    let source = format!("http://{addr}/{name}").parse().expect("a link");
    DownloadSpec {
        source,
        ..request(addr, name, folder)
    }
}

/// Something of `name` has come and is kept on the disk.
fn paused(engine: &Engine, request: DownloadSpec) -> DownloadId {
    let id = engine.add(request);
    wait(engine, id, "bytes", |now| now.done > 20_000_000);
    engine.send(Command::Pause(id));
    wait_state(engine, id, &DownloadState::Paused);
    id
}

#[test]
fn another_link_goes_on_with_what_the_first_one_brought() {
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
    let id = paused(&engine, slow);
    let new = http(second.addr(), "a.bin", folder.path());
    engine.send(Command::Change(id, Box::new(new)));
    let done = wait_state(&engine, id, &DownloadState::Finished);
    assert!(done.resumed >= 20_000_000, "{}", done.resumed);
    let path = done.path.clone().unwrap();
    assert_eq!(path, folder.path().join("a.bin"));
    assert!(std::fs::read(path).unwrap() == bytes, "the bytes differ");
    assert_eq!(names(folder.path()), ["a.bin"]);
}

#[test]
fn a_file_that_has_changed_can_be_begun_anew() {
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
        let id = paused(&engine, slow);
        let now = common::bytes(50_000_000, 4);
        std::fs::write(&file, &now).unwrap();
        engine.send(Command::Resume(id));
        let failed = wait(&engine, id, "the failure", |now| {
            matches!(now.state, DownloadState::Failed(_))
        });
        assert!(failed.has_changed, "{:?}", failed.state);
        DownloadId(1)
    };
    // Also after the program was started again.
    let engine = engine_with(&history);
    let back = wait(&engine, id, "the list", |_| true);
    assert!(back.has_changed);
    engine.send(Command::BeginAnew(id));
    let done = wait_state(&engine, id, &DownloadState::Finished);
    assert_eq!((done.len, done.resumed), (Some(50_000_000), 0));
    assert!(!done.has_changed);
    assert!(std::fs::read(folder.path().join("a.bin")).unwrap() == common::bytes(50_000_000, 4));
    assert_eq!(names(folder.path()), ["a.bin"]);
}

#[test]
fn a_limit_for_all_acts_on_what_runs() {
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
    // At the first limit it would take five minutes.
    wait_state(&engine, id, &DownloadState::Finished);
}

#[test]
fn an_automatic_number_never_waits_for_a_share_that_nobody_asked_for() {
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
    // Each takes milliseconds. Where share 3 of 16 was asked for and share 3 of 8 awaited, every second
    // one stood still until the number was changed, some seconds later.
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}
