//! Tests of the recorder.

use super::*;
use crate::model::download_log::Log;

fn texts(recorder: &mut TimelineRecorder) -> Vec<String> {
    recorder.log().iter().map(|l| l.text.clone()).collect()
}

#[test]
fn a_stall_is_dated_back_to_the_last_byte() {
    let started = Instant::now()
        .checked_sub(Duration::from_secs(60))
        .unwrap_or_else(Instant::now);
    let connections = [ConnectionCounters::default()];
    let mut recorder = TimelineRecorder::new(started, Log::default());
    connections[0].received(1000, || Duration::ZERO);
    recorder.sample(&connections, true);
    let last = recorder.seen[0].last_byte;
    recorder.on_bytes(0, 1000, last + STALL / 2);
    assert_eq!(recorder.derived_state(0), None);
    recorder.on_bytes(0, 1000, last + STALL);
    assert_eq!(recorder.derived_state(0), Some(ConnectionState::Stalled));
    recorder.on_bytes(0, 1000, last + STALL * 2);
    recorder.on_bytes(0, 2000, last + STALL * 3);
    assert_eq!(recorder.derived_state(0), None);
    let states: Vec<_> = recorder.timeline(true).tracks[0].states.clone();
    assert_eq!(states[1], (last, ConnectionState::Stalled));
    assert_eq!(states[2], (last + STALL * 3, ConnectionState::Receiving));
    let texts = texts(&mut recorder);
    assert_eq!(texts[1], "Connection 1 stalled: no data for 1.0 s");
    assert_eq!(texts[2], "Connection 1 resumed after 3.0 s");
    assert_eq!(texts.len(), 3, "logged once: {texts:?}");
}

#[test]
fn a_connection_held_by_the_limit_is_not_stalled() {
    let mut recorder = TimelineRecorder::new(Instant::now(), Log::default());
    let connections = [ConnectionCounters::default()];
    connections[0].received(1000, || Duration::ZERO);
    recorder.sample(&connections, true);
    let last = recorder.sampled;
    recorder.seen[0].held = Some(last);
    recorder.on_bytes(0, 1000, last + STALL / 2);
    assert_eq!(recorder.derived_state(0), Some(ConnectionState::Limited));
    recorder.seen[0].held = Some(last + STALL);
    recorder.on_bytes(0, 1000, last + STALL * 3 / 2);
    assert_eq!(recorder.derived_state(0), Some(ConnectionState::Limited));
    assert_eq!(
        texts(&mut recorder)[1..],
        ["The speed limit holds the connections back"]
    );
    // Without bytes after the wait, the server is silent.
    recorder.on_bytes(0, 1000, last + STALL * 2);
    recorder.on_bytes(0, 1000, last + STALL * 2 + STALL / 2);
    assert_eq!(recorder.derived_state(0), Some(ConnectionState::Stalled));
}

#[test]
fn rates_of_a_short_download_follow_its_packets() {
    let ms = Duration::from_millis;
    let mut recorder = TimelineRecorder::new(Instant::now(), Log::default());
    recorder.seen.resize_with(1, Seen::default);
    // One sample at the end: the first byte after 4 ms, packets after 6 and 8 ms, the end after 8 ms.
    recorder.on_event(
        0,
        ms(1),
        ConnectionEvent::State(ConnectionState::Waiting),
        1,
    );
    recorder.on_event(
        0,
        ms(4),
        ConnectionEvent::State(ConnectionState::Receiving),
        1,
    );
    for (at, packet) in [(6, 0), (8, 1)] {
        recorder.on_event(0, ms(at), ConnectionEvent::Packet(packet), 1);
    }
    recorder.on_event(0, ms(8), ConnectionEvent::State(ConnectionState::Done), 1);
    recorder.on_bytes(0, 2000, ms(30));
    recorder.received_all();
    recorder.timeline.advance(ms(30));
    let timeline = recorder.timeline(true);
    let per_ms = (ms(1).as_nanos() / timeline.slot.as_nanos()) as usize;
    let rates: Vec<f64> = timeline.rates(&timeline.tracks[0], per_ms).collect();
    let slots: Vec<usize> = (0..rates.len()).filter(|slot| rates[*slot] > 1.0).collect();
    assert_eq!(slots, [4, 5, 6, 7], "{rates:?}");
    assert_eq!(timeline.received, Some(ms(8)));
}

#[test]
fn events_of_connections_are_recorded_with_their_times() {
    let started = Instant::now();
    let connections: Vec<ConnectionCounters> =
        (0..2).map(|_| ConnectionCounters::default()).collect();
    let mut recorder = TimelineRecorder::new(started, Log::default());
    connections[0].set_state(ConnectionState::Waiting);
    connections[0].received(10, || Duration::ZERO);
    connections[1].received(10, || Duration::ZERO);
    connections[1].retried("the server closed it");
    connections[0].packet_completed(7);
    recorder.sample(&connections, true);
    let timeline = recorder.timeline(true);
    let states = |index: usize| -> Vec<_> {
        let track = &timeline.tracks[index];
        track.states.iter().map(|(_, state)| *state).collect()
    };
    assert_eq!(
        states(0),
        [ConnectionState::Waiting, ConnectionState::Receiving]
    );
    assert_eq!(
        states(1),
        [ConnectionState::Receiving, ConnectionState::Retrying]
    );
    assert_eq!(
        (timeline.arrivals[0].packet, timeline.arrivals[0].connection),
        (7, 1)
    );
    let logged = texts(&mut recorder).join("\n");
    for part in [
        "over connection 1",
        "All 2 connections",
        "Connection 2 was lost: the server",
    ] {
        assert!(logged.contains(part), "{logged}");
    }
}
