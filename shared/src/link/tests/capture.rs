//! Captures as tshark reads them: its counts equal the model's own. Skipped where tshark is not
//! installed.

use super::super::packet_log::{Fate, LoggedPacket, PacketKind};
use super::super::simulation::{Outcome, Plan, Setup, run, run_logged};
use super::super::{Link, pcapng, secs};
use super::{assert_near, link, median};
use std::collections::HashMap;
use std::process::Command;

const CONNECTIONS: usize = 3;
const LEN: u64 = 3_000_000;

fn setup(link: Link) -> Setup {
    Setup {
        link,
        len: LEN,
        connections: CONNECTIONS,
        plan: Plan::Stealing,
        granule: 65_536,
        phase: 1,
    }
}

/// Returns the fields of each packet of a capture, as tshark prints them.
fn tshark(file: &std::path::Path, fields: &[&str]) -> Option<Vec<Vec<String>>> {
    let mut command = Command::new("tshark");
    command
        .args(["-n", "-T", "fields", "-E", "separator=|", "-r"])
        .arg(file);
    for field in fields {
        command.args(["-e", field]);
    }
    let ran = command.output().ok()?;
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    let text = String::from_utf8(ran.stdout).unwrap();
    let row = |line: &str| line.split('|').map(str::to_owned).collect();
    Some(text.lines().map(row).collect())
}

/// Largest number of bytes of each connection that are acknowledged neither in order nor
/// selectively, retransmissions not counted twice.
fn bytes_in_flight(packets: &[LoggedPacket]) -> HashMap<u32, u64> {
    let (mut acked, mut most) = (HashMap::new(), HashMap::new());
    for packet in packets {
        match packet.kind {
            PacketKind::Ack { bytes, sack, .. } => {
                let selective: u64 = sack.iter().map(|block| block.1 - block.0).sum();
                acked.insert(packet.connection, bytes + selective);
            }
            PacketKind::Segment {
                offset,
                len,
                is_retransmission: false,
                ..
            } => {
                let acked = acked.get(&packet.connection).copied().unwrap_or(0);
                let most = most.entry(packet.connection).or_default();
                *most = (offset + u64::from(len) - acked).max(*most);
            }
            _ => {}
        }
    }
    most
}

/// Round trips of the acknowledgements that advance, by the segment that each echoes.
fn round_trips(packets: &[LoggedPacket], connection: u32) -> Vec<f64> {
    let mut acked = 0;
    let mut round_trips = Vec::new();
    for packet in packets
        .iter()
        .filter(|packet| packet.connection == connection)
    {
        if let PacketKind::Ack { bytes, echoes, .. } = packet.kind
            && bytes > acked
        {
            acked = bytes;
            round_trips.push(secs(packet.at - echoes));
        }
    }
    round_trips
}

#[test]
fn tshark_counts_what_the_model_counts() {
    for toml in [
        "rate_mbit = 20\nrtt_ms = 40\nbuffer_kib = 60\nloss_percent = 0.3",
        "rate_mbit = 20\nrtt_ms = 40\nqueue = \"codel\"\ncongestion = \"bbr\"\nloss_percent = 0.3",
    ] {
        let setup = setup(link(toml));
        let (outcome, log) = run_logged(&setup);
        assert_eq!(outcome, run(&setup), "a log must not change the run");
        assert_eq!(log.skipped(), 0);
        let packets = log.clone().into_packets();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("link.pcapng");
        pcapng::write(
            log,
            setup.link.window_bytes(),
            &mut std::fs::File::create(&file).unwrap(),
        )
        .unwrap();
        compare(&file, &packets, &outcome);
    }
}

fn compare(file: &std::path::Path, packets: &[LoggedPacket], outcome: &Outcome) {
    let fields = [
        "tcp.stream",
        "tcp.len",
        "tcp.analysis.retransmission",
        "tcp.analysis.out_of_order",
        "tcp.analysis.bytes_in_flight",
        "tcp.analysis.ack_rtt",
        "frame.comment",
        "tcp.options.sack_le",
        "_ws.expert.message",
        "frame.time_epoch",
    ];
    let Some(rows) = tshark(file, &fields) else {
        println!("skipped: tshark is not installed");
        return;
    };
    assert_eq!(rows.len(), packets.len());
    let is_segment = |packet: &&LoggedPacket| matches!(packet.kind, PacketKind::Segment { .. });
    let repeated = packets
        .iter()
        .filter(|packet| {
            matches!(
                packet.kind,
                PacketKind::Segment {
                    is_retransmission: true,
                    ..
                }
            )
        })
        .count();
    // tshark calls a retransmission within three milliseconds of another packet out of order.
    let seen = rows
        .iter()
        .filter(|row| !row[2].is_empty() || !row[3].is_empty())
        .count();
    assert!(repeated > 5, "{repeated}");
    assert_eq!(seen, repeated);
    let failed = |packet: &&LoggedPacket| {
        matches!(
            packet.kind,
            PacketKind::Segment {
                fate: Fate::Lost | Fate::Dropped,
                ..
            }
        )
    };
    let dropped = packets
        .iter()
        .filter(|packet| {
            matches!(
                packet.kind,
                PacketKind::Segment {
                    fate: Fate::Dropped,
                    ..
                }
            )
        })
        .count();
    assert_eq!(dropped as u64, outcome.dropped);
    let comments = rows.iter().filter(|row| !row[6].is_empty()).count();
    assert_eq!(comments, packets.iter().filter(failed).count());
    assert!(
        rows.iter().any(|row| !row[7].is_empty()),
        "no selective acknowledgement"
    );
    let most = bytes_in_flight(packets);
    let mut total = 0;
    for stream in 0..CONNECTIONS as u32 {
        let of_stream = || rows.iter().filter(|row| row[0] == stream.to_string());
        let number = |text: &String| text.parse::<u64>().unwrap_or(0);
        let new = of_stream().filter(|row| row[2].is_empty() && row[3].is_empty());
        let bytes: u64 = new.map(|row| number(&row[1])).sum();
        let sent: u64 = packets
            .iter()
            .filter(|packet| packet.connection == stream)
            .filter_map(|packet| match packet.kind {
                PacketKind::Segment {
                    len,
                    is_retransmission: false,
                    ..
                } => Some(u64::from(len)),
                _ => None,
            })
            .sum();
        assert_eq!(bytes, sent, "stream {stream}");
        total += bytes;
        let flight = of_stream().map(|row| number(&row[4])).max().unwrap();
        assert_eq!(flight, most[&stream], "stream {stream}");
        // The round trip of a segment that was repeated is ambiguous, hence the median.
        let seen: Vec<f64> = of_stream().filter_map(|row| row[5].parse().ok()).collect();
        assert_near(
            "round trip in s",
            median(&seen),
            median(&round_trips(packets, stream)),
            0.03,
        );
    }
    assert!(total >= LEN && packets.iter().filter(is_segment).count() > 2000);
}
