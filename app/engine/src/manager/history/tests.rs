use std::time::{Duration, SystemTime};

use lanes_shared::checksum::Digest;
use lanes_shared::wire::Order;

use super::*;
use crate::model::checksum::Checksum;
use crate::model::command::DownloadId;
use crate::model::piece_hashes::PieceHashes;
use crate::model::snapshot::DownloadState;
use crate::model::spec::Destination;

fn past(name: &str, state: DownloadState) -> Past {
    let source = format!("lanes://host:7/{name}").parse().unwrap();
    let request = DownloadSpec {
        destination: Destination::Folder("/tmp/x".into()),
        connections: 20,
        order: Order::Shuffled(3),
        checksum: Some(Checksum::Sha256([7; 32])),
        name: Some(name.into()),
        len: Some(100),
        pieces: PieceHashes::new(60, vec![Checksum::Sha1([7; 20]); 2]).map(Arc::new),
        ..DownloadSpec::new(source)
    };
    // To the millisecond, as the file has it.
    let added = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_467_908_123);
    let snapshot = DownloadSnapshot {
        state,
        len: Some(100),
        done: 40,
        digest: Some(Digest([5; 32])),
        path: Some("/tmp/x/a.bin".into()),
        elapsed: Duration::from_millis(1234),
        ..DownloadSnapshot::asked(DownloadId(1), &request, added)
    };
    (request, snapshot)
}

fn written(list: &[Past]) -> Vec<u8> {
    let pairs = list
        .iter()
        .map(|(request, now)| (request, Arc::new(now.clone())));
    super::list(pairs.collect::<Vec<_>>().into_iter())
}

#[test]
fn the_list_comes_back_and_what_ran_is_paused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/history.json");
    let (history, past_before, remark) = History::open(&path).unwrap();
    assert!(past_before.is_empty() && remark.is_none());
    let failed = DownloadState::Failed("the disk is full".into());
    let states = [
        DownloadState::Running,
        failed.clone(),
        DownloadState::Finished,
    ];
    let list: Vec<Past> = states.map(|state| past("a.bin", state)).into();
    history.close(written(&list));

    let (_history, came, remark) = History::open(&path).unwrap();
    assert_eq!((came.len(), remark), (3, None));
    let states: Vec<_> = came.iter().map(|(_, now)| now.state.clone()).collect();
    assert_eq!(
        states,
        [DownloadState::Paused, failed, DownloadState::Finished]
    );
    for ((asked, before), (request, now)) in list.iter().zip(&came) {
        assert_eq!(request.source, asked.source);
        assert_eq!(request.destination, asked.destination);
        assert_eq!(
            (request.connections, request.order),
            (asked.connections, asked.order)
        );
        assert_eq!(request.checksum, asked.checksum);
        assert_eq!((&request.name, request.len), (&asked.name, asked.len));
        let is_left = before.state != DownloadState::Finished;
        let pieces = asked.pieces.as_ref().filter(|_| is_left);
        assert_eq!(request.pieces.as_ref(), pieces, "of what is still to come");
        assert_eq!((now.added, now.elapsed), (before.added, before.elapsed));
        assert_eq!((&now.path, now.digest), (&before.path, before.digest));
    }
    assert_eq!((came[0].1.done, came[2].1.done), (40, 100));
}

#[test]
fn a_broken_list_is_set_aside_and_a_broken_entry_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.json");
    let whole = written(&[past("a.bin", DownloadState::Paused)]);
    let future = String::from_utf8(whole.clone())
        .unwrap()
        .replace("\"version\":1", "\"version\":9");
    for broken in [&whole[..whole.len() / 2], b"", b"[]", future.as_bytes()] {
        fs::write(&path, broken).unwrap();
        let (history, past, remark) = History::open(&path).unwrap();
        assert!(past.is_empty() && remark.unwrap().contains("history.json.broken"));
        assert_eq!(fs::read(beside(&path, ".broken")).unwrap(), broken);
        assert!(!path.exists());
        history.close(whole.clone());
    }
    let two = written(&[
        past("a.bin", DownloadState::Paused),
        past("b.bin", DownloadState::Paused),
    ]);
    let one_is_bad = String::from_utf8(two)
        .unwrap()
        .replace("lanes://host:7/a.bin", "gopher://a");
    fs::write(&path, one_is_bad).unwrap();
    let (_history, past, remark) = History::open(&path).unwrap();
    assert_eq!((past.len(), remark), (1, None));
    assert_eq!(past[0].1.name, "b.bin");
}

#[test]
fn a_second_program_does_not_write_over_the_first_ones_list() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.json");
    let first = History::open(&path).unwrap();
    assert!(History::open(&path).is_err_and(|words| words.contains("Another Lanes window")));
    drop(first);
    assert!(History::open(&path).is_ok());
}

#[test]
fn only_the_newest_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("history.json");
    let all: Vec<Past> = (0..MAX_KEPT + 5)
        .map(|i| past(&format!("{i}.bin"), DownloadState::Finished))
        .collect();
    let (history, ..) = History::open(&path).unwrap();
    history.close(written(&all));
    let (_history, kept, _) = History::open(&path).unwrap();
    assert_eq!(kept.len(), MAX_KEPT);
    assert_eq!(
        (
            kept[0].1.name.as_str(),
            kept.last().unwrap().1.name.as_str()
        ),
        ("5.bin", "1004.bin")
    );
}
