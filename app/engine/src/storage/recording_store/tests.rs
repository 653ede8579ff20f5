//! Tests of the kept recordings.

use std::sync::Arc;
use std::time::Duration;

use super::*;
use crate::model::timeline::Timeline;

fn recording(done: u64) -> Recording {
    Recording {
        len: Some(1000),
        done,
        resumed: 0,
        packet_len: 100,
        elapsed: Duration::from_millis(5),
        timeline: Arc::new(Timeline::default()),
        map: Arc::from([]),
        connections: Vec::new(),
        log: Arc::from([]),
    }
}

fn open(folder: &Path, known: &[u64]) -> RecordingStore {
    let known = known.iter().copied().map(RecordingId).collect();
    RecordingStore::open(folder.join("recordings"), known).unwrap()
}

fn names(folder: &Path) -> Vec<u64> {
    let mut ids: Vec<u64> = files(&folder.join("recordings"))
        .map(|(id, _)| id.0)
        .collect();
    ids.sort_unstable();
    ids
}

#[test]
fn recordings_survive_a_restart_until_they_are_removed() {
    let temp = tempfile::tempdir().unwrap();
    let store = open(temp.path(), &[]);
    store.keep(RecordingId(1), recording(700));
    store.keep(RecordingId(2), recording(800));
    drop(store);
    let store = open(temp.path(), &[1, 2]);
    let read = store.reader(RecordingId(1))().unwrap();
    assert_eq!(read, Some(recording(700)));
    store.remove(RecordingId(1));
    assert_eq!(store.reader(RecordingId(1))().unwrap(), None);
    drop(store);
    assert_eq!(names(temp.path()), [2]);
    // The entry of the second one is gone: a crash came between the two.
    drop(open(temp.path(), &[]));
    assert!(names(temp.path()).is_empty());
}

#[cfg(unix)]
#[test]
fn recordings_are_for_this_user_only_and_links_are_refused() {
    use std::os::unix::fs::PermissionsExt as _;

    let temp = tempfile::tempdir().unwrap();
    let store = open(temp.path(), &[]);
    store.keep(RecordingId(1), recording(1));
    drop(store);
    let folder = temp.path().join("recordings");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let file = path(&folder, RecordingId(1));
    assert_eq!((mode(&folder), mode(&file)), (0o700, 0o600));
    std::os::unix::fs::symlink(&file, path(&folder, RecordingId(2))).unwrap();
    let store = open(temp.path(), &[1, 2]);
    let foreign = store.reader(RecordingId(2))();
    assert!(
        matches!(foreign, Err(ReadRecordingError::Foreign)),
        "{foreign:?}"
    );
}

#[test]
fn the_oldest_recordings_go() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("recordings");
    for id in 1..=6 {
        write(&folder, RecordingId(id), &recording(id));
        let written = SystemTime::UNIX_EPOCH + Duration::from_secs(id);
        let file = fs::File::options()
            .write(true)
            .open(path(&folder, RecordingId(id)));
        file.unwrap().set_modified(written).unwrap();
    }
    fs::write(folder.join("notes.txt"), "of the user").unwrap();
    prune(&folder, 4, u64::MAX);
    assert_eq!(names(temp.path()), [3, 4, 5, 6]);
    let len = fs::metadata(path(&folder, RecordingId(6))).unwrap().len();
    prune(&folder, 4, 2 * len);
    assert_eq!(names(temp.path()), [5, 6]);
    assert!(folder.join("notes.txt").is_file());
}

#[test]
fn a_file_that_is_no_recording_is_told() {
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path().join("recordings");
    create_private_folder(&folder).unwrap();
    fs::write(path(&folder, RecordingId(1)), "LNSR?").unwrap();
    fs::write(path(&folder, RecordingId(2)), vec![0; MAX_RECORDING + 9]).unwrap();
    let store = open(temp.path(), &[1, 2]);
    for id in [1, 2] {
        let read = store.reader(RecordingId(id))();
        assert!(
            matches!(read, Err(ReadRecordingError::Content(_))),
            "{read:?}"
        );
    }
}
