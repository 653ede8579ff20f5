//! Tests of the file format.

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;

use super::*;
use crate::model::download_log::LogLine;
use crate::model::snapshot::{Cell, ConnectionSnapshot};
use crate::model::spec::MAX_CONNECTIONS;
use crate::model::timeline::{Arrival, MAX_KEPT_ARRIVALS, MAX_SPANS, Timeline};

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A recording of `connections`, each of which received `slots` slots and `spans` states.
fn recording(connections: u16, slots: u64, spans: u64) -> Recording {
    let mut timeline = Timeline::default();
    for index in 0..usize::from(connections) {
        for span in 0..spans {
            let state = STATES[(span as usize + index) % 2 + 3];
            timeline.track(index).set_state(ms(span), state);
            timeline.track(index).add_steal(ms(span), 1 + index as u16);
        }
        for slot in 0..slots {
            timeline.add_bytes(
                index,
                ms(slot * 60_000),
                ms((slot + 1) * 60_000),
                987_654_321,
            );
        }
    }
    for packet in 0..MAX_KEPT_ARRIVALS as u64 {
        timeline.add_arrival(Arrival {
            at: ms(packet * slots),
            packet: (packet * 7919) % 1_000_000,
            connection: 1 + (packet % u64::from(connections)) as u16,
        });
    }
    timeline.received = Some(timeline.until);
    let connection = |number| ConnectionSnapshot {
        number,
        state: ConnectionState::Done,
        offset: 1 << 40,
        bytes: 1 << 33,
        rate: 0.0,
        first_byte: Some(ms(3)),
        retries: 2,
        steals: 1,
        remote: "[::1]:5115".parse().ok(),
        way: 0,
    };
    let line = LogLine {
        at: UNIX_EPOCH + ms(1_796_000_000_000),
        since_start: ms(12),
        text: "Connection 3 resumed after 1.1 s".to_owned(),
        is_warning: true,
        count: 3,
    };
    let cell = Cell {
        done: 255,
        connection: Some(2),
        start: true,
        stolen: false,
    };
    Recording {
        len: Some(1 << 41),
        done: 1 << 41,
        resumed: 77,
        packet_len: 65_536,
        elapsed: timeline.until,
        map: [cell, Cell::default()].repeat(300).into(),
        timeline: Arc::new(timeline),
        connections: (1..=connections).map(connection).collect(),
        log: vec![line; 300].into(),
    }
}

/// Returns the bytes of fields with a right start and checksum.
fn sealed(fields: &[u8]) -> Vec<u8> {
    let mut bytes = [&MAGIC[..], fields].concat();
    let checksum = frame_checksum(0, &bytes);
    bytes.extend_from_slice(&checksum.to_le_bytes());
    bytes
}

#[test]
fn a_recording_reads_back_as_it_was() {
    let recording = recording(8, 40, 20);
    let bytes = recording.to_bytes().unwrap();
    let read = Recording::from_bytes(&bytes).unwrap();
    assert_eq!(read.connections, recording.connections);
    assert_eq!((&read.map, &read.log), (&recording.map, &recording.log));
    assert_eq!(read.timeline.arrivals, recording.timeline.arrivals);
    for (read, written) in read.timeline.tracks.iter().zip(&recording.timeline.tracks) {
        assert_eq!(
            (&read.states, &read.steals),
            (&written.states, &written.steals)
        );
        // Bytes are whole numbers in the file.
        let pairs = read.bytes.iter().zip(&written.bytes);
        assert!(pairs.clone().all(|(a, b)| (a - b).abs() <= b * 1e-6 + 0.5));
    }
    assert_eq!(read.timeline.until, recording.timeline.until);
    assert_eq!(
        (read.len, read.done, read.resumed),
        (recording.len, recording.done, 77)
    );
}

#[test]
fn the_longest_recording_takes_less_than_a_megabyte() {
    let longest = recording(MAX_CONNECTIONS, 600, 2 * MAX_SPANS as u64);
    let bytes = longest.to_bytes().expect("a recording with its log");
    assert!(!Recording::from_bytes(&bytes).unwrap().log.is_empty());
    let usual = recording(50, 500, 12).to_bytes().unwrap();
    assert!(usual.len() < 200_000, "{}", usual.len());
}

#[test]
fn damaged_bytes_are_refused_with_the_reason() {
    let good = recording(2, 4, 4).to_bytes().unwrap();
    assert!(Recording::from_bytes(&good).is_ok());
    for end in [0, 3, 8, good.len() / 2, good.len() - 1] {
        assert!(Recording::from_bytes(&good[..end]).is_err(), "{end}");
    }
    let mut flipped = good.clone();
    flipped[good.len() / 2] ^= 1;
    assert_eq!(
        Recording::from_bytes(&flipped),
        Err(RecordingError::Checksum)
    );
    let fields = &good[MAGIC.len()..good.len() - CHECKSUM];
    let longer = sealed(&[fields, &[0]].concat());
    assert_eq!(Recording::from_bytes(&longer), Err(RecordingError::Format));
    let huge = vec![0; MAX_RECORDING + 1];
    assert_eq!(Recording::from_bytes(&huge), Err(RecordingError::Format));
}

proptest! {
    /// Whatever a file holds, reading it ends without a panic, and what is read can be shown at any time.
    #[test]
    fn any_bytes_are_read_or_refused(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        noise in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let _ = Recording::from_bytes(&noise);
        let _ = Recording::from_bytes(&sealed(&noise));
        let good = recording(2, 4, 4).to_bytes().unwrap_or_default();
        let mut fields = good[MAGIC.len()..good.len() - CHECKSUM].to_vec();
        for (index, byte) in changes {
            let at = index.index(fields.len().min(400));
            fields[at] = byte;
        }
        if let Ok(read) = Recording::from_bytes(&sealed(&fields)) {
            let spec = crate::DownloadSpec::new("lanes://host/x".parse().unwrap());
            let id = crate::DownloadId(1);
            let mut download = crate::DownloadSnapshot::requested(id, &spec, UNIX_EPOCH);
            let until = read.timeline.until;
            read.finish(&mut download);
            for part in 0..=4 {
                let now = download.at(until / 4 * part);
                prop_assert!(now.timeline.slots() <= 1024);
            }
        }
    }
}
