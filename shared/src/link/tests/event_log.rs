//! The event log as JSON lines: bounded, complete, and the same for the same seed.

use super::super::event_log::{MAX_EVENTS, MAX_LINE, Written, thinned, write};
use super::super::packet_log::{Fate, LoggedPacket, PacketKind};
use super::super::predict::Download;
use super::super::presets::{NETWORK_PRESETS, PRESETS, preset};
use super::super::{Link, secs};
use super::link;
use serde_json::Value;

fn events(link: &Link, download: Download) -> (Written, String) {
    let mut text = Vec::new();
    let written = write(download.log(link), &mut text).unwrap();
    (written, String::from_utf8(text).unwrap())
}

/// Each preset gives lines that are short, in order and complete; each seed its own.
#[test]
fn every_preset_has_an_event_log() {
    for preset in PRESETS.iter().chain(&NETWORK_PRESETS) {
        let link = preset.link();
        if link.is_open() {
            continue;
        }
        let (written, text) = events(&link, Download::new(500_000, 5));
        assert_eq!(written.left_out, 0, "{}", preset.id);
        assert_eq!(text.lines().count() as u64, written.written);
        let (mut last, mut bytes, mut states) = (0.0, 0, 0);
        for line in text.lines() {
            assert!(line.len() < MAX_LINE, "{line}");
            let event: Value = serde_json::from_str(line).unwrap();
            let at = event["t"].as_f64().unwrap();
            assert!(at >= last, "{line}");
            last = at;
            if event["e"] == "seg" {
                let is_lost = event["lost"].is_string();
                assert!(is_lost != event["arrives"].is_number(), "{line}");
                if !is_lost {
                    assert!(event["arrives"].as_f64().unwrap() > at, "{line}");
                }
                if event["again"].is_null() {
                    bytes += event["len"].as_u64().unwrap();
                }
            }
            // Acknowledgements that arrive after the end have no sender any more.
            if event["e"] == "ack" && event["cwnd"].is_number() {
                states += 1;
                let is_bbr = preset.id == "bbr-server";
                assert_eq!(event["mode"].is_string(), is_bbr, "{line}");
            }
        }
        assert!(bytes >= 500_000, "{}: {bytes}", preset.id);
        assert!(states > 100, "{}: {states}", preset.id);
        let again = events(&link, Download::new(500_000, 5)).1;
        assert!(again == text, "{}", preset.id);
    }
    let lossy = preset("lossy-transatlantic").unwrap().link();
    let (one, other) = (&lossy, &lossy.with_seed(9));
    let text = |link| events(link, Download::new(3_000_000, 2)).1;
    assert_ne!(text(one), text(other));
}

/// In slow start the window of the log doubles with each round trip, and the queue holds what the window has
/// beyond the path.
#[test]
fn the_log_shows_slow_start_and_the_queue() {
    let link = link("rate_mbit = 20\nrtt_ms = 50\nbuffer_kib = 60");
    let packets = Download::new(2_000_000, 1).log(&link).into_packets();
    let mut windows = Vec::new();
    let (mut longest, mut dropped) = (0, 0);
    for packet in &packets {
        match packet.kind {
            PacketKind::Ack {
                sender: Some(sender),
                ..
            } => windows.push((secs(packet.at), sender.cwnd)),
            PacketKind::Segment { queue, fate, .. } => {
                longest = longest.max(queue);
                dropped += u32::from(fate == Fate::Dropped);
            }
            _ => {}
        }
    }
    let at = |time: f64| {
        windows
            .iter()
            .filter(|one| one.0 <= time)
            .map(|one| one.1)
            .next_back()
            .unwrap()
    };
    // The first data is acknowledged two and a half round trips after the connection opens.
    assert_eq!((at(0.140), at(0.190)), (20, 40));
    assert!((50_000..=61_440).contains(&longest), "{longest}");
    assert!(dropped > 0);
}

#[test]
fn a_long_log_is_thinned_evenly_and_keeps_what_is_rare() {
    let link = link("rate_mbit = 1000\nrtt_ms = 20\nloss_percent = 0.1");
    let (written, text) = events(&link, Download::new(150_000_000, 8));
    println!("{written:?}");
    assert_eq!(written.written, MAX_EVENTS as u64);
    assert!(written.left_out > 50_000);
    assert!(text.len() < MAX_EVENTS * MAX_LINE);
    let packets = Download::new(150_000_000, 8).log(&link).into_packets();
    let lost = |packets: &[LoggedPacket]| {
        let is_lost = |packet: &&LoggedPacket| matches!(packet.kind, PacketKind::Segment { fate, .. } if fate != Fate::Arrives);
        packets.iter().filter(is_lost).count()
    };
    let few = thinned(packets.clone(), 20_000);
    assert_eq!((few.len(), lost(&few)), (20_000, lost(&packets)));
    // The first and the last tenth of the time keep their share.
    let end = packets.last().unwrap().at;
    let share = |packets: &[LoggedPacket]| {
        packets.iter().filter(|packet| packet.at < end / 2).count() as f64 / packets.len() as f64
    };
    assert!((share(&few) - share(&packets)).abs() < 0.05);
    assert_eq!(thinned(packets.clone(), usize::MAX), packets);
}
