//! Tests of the state at a time.

use std::time::SystemTime;

use super::super::command::DownloadId;
use super::super::spec::DownloadSpec;
use super::super::timeline::Arrival;
use super::*;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A finished download of 4 packets of 1000 bytes over 2 connections: one each after 2, 4, 6 and 8 ms.
fn download() -> DownloadSnapshot {
    let spec = DownloadSpec::new("lanes://host/x".parse().unwrap());
    let requested = DownloadSnapshot::requested(DownloadId(1), &spec, SystemTime::UNIX_EPOCH);
    let mut timeline = Timeline::default();
    for (packet, connection) in [(0, 1), (2, 2), (1, 1), (3, 2)].into_iter().enumerate() {
        let (at, (id, connection)) = (ms(2 * packet as u64 + 2), connection);
        let index = usize::from(connection) - 1;
        timeline
            .track(index)
            .set_state(ms(1), ConnectionState::Waiting);
        timeline
            .track(index)
            .set_state(at, ConnectionState::Receiving);
        timeline.add_bytes(index, at.saturating_sub(ms(2)), at, 1000);
        timeline.add_arrival(Arrival {
            at,
            packet: id,
            connection,
        });
    }
    timeline.received = Some(ms(8));
    timeline.advance(ms(10));
    let connection = |number| ConnectionSnapshot {
        number,
        state: ConnectionState::Done,
        offset: 2000 * u64::from(number),
        bytes: 2000,
        rate: 0.0,
        first_byte: Some(ms(2 * u64::from(number))),
        retries: 0,
        steals: 0,
        remote: "127.0.0.1:5115".parse().ok(),
        way: 0,
    };
    let cell = |connection| Cell {
        done: 255,
        connection: Some(connection),
        ..Cell::default()
    };
    DownloadSnapshot {
        state: DownloadState::Finished,
        len: Some(4000),
        done: 4000,
        packet_len: 1000,
        elapsed: ms(10),
        connections: vec![connection(1), connection(2)],
        map: [1, 1, 2, 2].map(cell).into(),
        timeline: Arc::new(timeline),
        ..requested
    }
}

#[test]
fn every_view_has_the_state_at_the_time() {
    let download = download();
    let now = download.at(ms(5));
    assert_eq!(now.state, DownloadState::Running);
    // Two packets, and half of the third.
    assert_eq!(now.done, 2500);
    let done: Vec<u8> = now.map.iter().map(|cell| cell.done).collect();
    assert_eq!(done, [255, 0, 255, 0]);
    let bytes: Vec<u64> = now.connections.iter().map(|one| one.bytes).collect();
    assert_eq!(bytes, [1500, 1000]);
    let offsets: Vec<u64> = now.connections.iter().map(|one| one.offset).collect();
    assert_eq!(offsets, [1000, 3000]);
    assert_eq!(now.timeline.arrivals.len(), 2);
    assert_eq!(now.elapsed, ms(5));
    assert!(now.rate > 0.0);
}

#[test]
fn it_starts_with_nothing_and_ends_as_it_ended() {
    let download = download();
    let start = download.at(Duration::ZERO);
    assert_eq!((start.state, start.done), (DownloadState::Starting, 0));
    assert!(start.map.iter().all(|cell| cell.done == 0));
    assert!(start.connections.iter().all(|one| one.remote.is_none()));
    let checking = download.at(ms(9));
    assert_eq!(
        (checking.state, checking.done),
        (DownloadState::Verifying, 4000)
    );
    assert!(checking.map.iter().all(|cell| cell.done == 255));
    let end = download.at(ms(10));
    assert_eq!((end.state, end.done), (DownloadState::Finished, 4000));
}

#[test]
fn bytes_of_an_earlier_attempt_are_there_from_the_start() {
    let mut download = download();
    download.resumed = 1000;
    download.map = [None, Some(1), Some(2), Some(2)]
        .map(|connection| Cell {
            done: 255,
            connection,
            ..Cell::default()
        })
        .into();
    let mut timeline = (*download.timeline).clone();
    timeline.arrivals.retain(|arrival| arrival.packet != 0);
    download.timeline = Arc::new(timeline);
    let start = download.at(Duration::ZERO);
    let done: Vec<u8> = start.map.iter().map(|cell| cell.done).collect();
    assert_eq!((start.done, done), (1000, vec![255, 0, 0, 0]));
}
