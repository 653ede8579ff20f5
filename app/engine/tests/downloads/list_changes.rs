//! Downloads that are added paused, added again, removed and put back, and moved.

use std::fs;
use std::sync::Arc;

use lanes_engine::{Command, Destination, DownloadId, DownloadState, Engine};

use super::common::{bytes, names, request, serve, wait, wait_for};

const FILE: &str = "Data-50KB.jpg";

#[test]
fn a_finished_download_is_repeated_moved_removed_and_put_back() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(root.path().join(FILE), bytes(50_000, 1)).unwrap();
    let server = serve(root.path());
    let engine = Engine::start(Arc::new(|| {})).unwrap();
    let at = |name: &str| folder.path().join(name);
    let finished = |id| {
        wait(&engine, id, "the end", |now| {
            now.state == DownloadState::Finished
        })
    };
    let spec = request(server.addr(), FILE, folder.path());
    let paused = DownloadId(9_000_000);
    engine.send(Command::AddPaused(paused, Box::new(spec)));
    wait(&engine, paused, "the paused download", |now| {
        now.state == DownloadState::Paused
    });
    assert!(names(folder.path()).is_empty());
    engine.send(Command::Resume(paused));
    finished(paused);
    let again = DownloadId(9_000_001);
    engine.send(Command::AddAgain(paused, again));
    assert_eq!(finished(again).path, Some(at("Data-50KB (1).jpg")));

    let content = fs::read(at(FILE)).unwrap();
    engine.send(Command::MoveFile(again, at(FILE)));
    wait_for("the refusal", || {
        let notices = engine.snapshot().notices;
        notices
            .iter()
            .any(|notice| notice.contains("file of this name"))
            .then_some(())
    });
    engine.send(Command::MoveFile(again, at("new/other.jpg")));
    let moved = wait(&engine, again, "the new name", |now| {
        now.name == "other.jpg"
    });
    assert_eq!(moved.path, Some(at("new/other.jpg")));
    assert!(fs::read(at("new/other.jpg")).unwrap() == content);
    assert_eq!(names(folder.path()), [FILE, "new"]);

    let ids = || -> Vec<DownloadId> {
        engine
            .snapshot()
            .downloads
            .iter()
            .map(|now| now.id)
            .collect()
    };
    engine.send(Command::Remove(paused));
    wait_for("one download", || (ids() == [again]).then_some(()));
    engine.send(Command::PutBack(paused));
    engine.send(Command::PutBack(paused));
    wait_for("both downloads", || {
        (ids() == [paused, again]).then_some(())
    });
    assert_eq!(finished(paused).path, Some(at(FILE)));
}

/// A short file would arrive before a pause that follows the change.
#[test]
fn a_paused_download_that_is_changed_fetches_nothing() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve(root.path());
    let engine = Engine::start(Arc::new(|| {})).unwrap();
    fs::write(root.path().join(FILE), bytes(50_000, 1)).unwrap();
    let mut spec = request(server.addr(), FILE, folder.path());
    let id = engine.add_paused(spec.clone());
    spec.destination = Destination::File(folder.path().join("renamed.jpg"));
    engine.send(Command::ChangePaused(id, Box::new(spec)));
    // The answer comes once the engine has made the change.
    let changed = engine.spec(id).unwrap();
    assert!(
        matches!(changed.destination, Destination::File(path) if path.ends_with("renamed.jpg"))
    );
    let snapshot = engine.snapshot();
    assert_eq!(snapshot.download(id).unwrap().state, DownloadState::Paused);
    assert!(names(folder.path()).is_empty());
    engine.send(Command::Resume(id));
    wait(&engine, id, "the file", |now| {
        now.state == DownloadState::Finished
    });
    assert_eq!(names(folder.path()), ["renamed.jpg"]);
}

#[test]
fn an_unfinished_download_takes_its_data_to_another_folder() {
    let (root, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = serve(root.path());
    let engine = Engine::start(Arc::new(|| {})).unwrap();
    let mut spec = request(server.addr(), "sample-400MiB.bin", folder.path());
    spec.rate_limit = Some(30_000_000);
    let id = engine.add(spec.clone());
    wait(&engine, id, "bytes", |now| now.done > 3_000_000);
    engine.send(Command::Pause(id));
    let before = wait(&engine, id, "the pause", |now| {
        now.state == DownloadState::Paused
    });
    spec.destination = Destination::File(folder.path().join("new/renamed.bin"));
    engine.send(Command::Change(id, Box::new(spec)));
    let after = wait(&engine, id, "more bytes", |now| now.resumed > 0);
    assert!(
        after.resumed + 1_000_000 >= before.done,
        "{} of {}",
        after.resumed,
        before.done
    );
    assert_eq!(names(folder.path()), ["new"]);
    let moved = ["renamed.bin.lanes", "renamed.bin.part"];
    assert_eq!(names(&folder.path().join("new")), moved);
    engine.send(Command::Cancel(id));
    wait_for("an empty folder", || {
        names(&folder.path().join("new")).is_empty().then_some(())
    });
}
