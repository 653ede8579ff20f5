//! Downloads that start at a time of their own.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use lanes_engine::{Command, DownloadSpec, DownloadState, Engine};

use super::common::{request, serve_on, wait, wait_for};

const FILE: &str = "sample-1MiB.bin";

#[test]
fn a_download_waits_for_its_time_over_a_restart_and_starts_by_itself() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve_on(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), root.path(), 16);
    let history = folder.path().join("history.json");
    let engine = Engine::with_history(Arc::new(|| {}), history.clone()).unwrap();
    let saved = folder.path().join("files");
    let at = SystemTime::now() + Duration::from_secs(2);
    let spec = |start_at| DownloadSpec {
        start_at: Some(start_at),
        ..request(server.addr(), FILE, &saved)
    };
    let (soon, late) = (
        engine.add(spec(at)),
        engine.add(spec(at + Duration::from_secs(3600))),
    );
    let now = wait(&engine, soon, "the time", |d| d.start_at == Some(at));
    assert_eq!(now.state, DownloadState::Paused);
    drop(engine);
    assert!(!saved.exists(), "nothing is written before the time");

    let engine = Engine::with_history(Arc::new(|| {}), history).unwrap();
    let restored = wait_for("the list", || {
        let now = engine.snapshot().downloads;
        (now.len() == 2).then_some(now)
    });
    let id = |lasting| {
        restored
            .iter()
            .find(|one| one.lasting_id == lasting)
            .unwrap()
            .id
    };
    assert!(now.lasting_id.is_some());
    let done = wait(&engine, id(now.lasting_id), "the end", |d| {
        d.state == DownloadState::Finished
    });
    assert_eq!(done.start_at, None);
    assert!(SystemTime::now() >= at);
    // The other one waits; the user may start it before its time, for good.
    let other = restored.iter().find(|one| one.id != done.id).unwrap().id;
    let waiting = engine.snapshot().download(other).cloned().unwrap();
    assert_eq!(
        (&waiting.state, waiting.start_at.is_some()),
        (&DownloadState::Paused, true)
    );
    engine.send(Command::Resume(other));
    wait(&engine, other, "the end", |d| {
        d.state == DownloadState::Finished && d.start_at.is_none()
    });
    assert_ne!(late, soon);
}
