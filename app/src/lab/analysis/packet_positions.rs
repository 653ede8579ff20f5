//! Places of packets at one time of a simulated run: at the server, in the queue, on the way, dropped.

use lanes_shared::link::Ns;
use lanes_shared::link::packet_log::{Fate, LoggedPacket, PacketKind};

use super::simulated_run::SimulatedRun;

/// A packet that is visible at a time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PacketPosition {
    /// Number of the connection, from 0.
    pub connection: u32,
    /// It was sent before.
    pub is_repeated: bool,
    /// Its place.
    pub place: Place,
}

/// The place of a packet. Shares count from 0 to 1, in the direction of the packet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Place {
    /// It waits before the link, for this share of its wait.
    Queue(f64),
    /// It is on the way to the client.
    Way(f64),
    /// It was lost before the queue, and falls.
    Lost(f64),
    /// The queue dropped it, and it falls.
    Dropped(f64),
    /// It is an acknowledgement on the way to the server.
    Ack(f64),
}

/// Returns the packets that are visible at `at`, counted from the first packet of the run.
pub fn positions(run: &SimulatedRun, at: Ns) -> Vec<PacketPosition> {
    let now = run.start() + at;
    // Falling takes as long as the way to the client.
    let oldest = now.saturating_sub(run.longest.max(run.rtt));
    // Acknowledgements are listed by their arrival, at most `longest` after they were sent.
    let newest = now + run.longest;
    let from = run.packets.partition_point(|packet| packet.at < oldest);
    let until = run.packets.partition_point(|packet| packet.at <= newest);
    let visible = run.packets[from..until.max(from)].iter();
    visible
        .filter_map(|packet| position(packet, now, run.rtt))
        .collect()
}

fn position(packet: &LoggedPacket, now: Ns, rtt: Ns) -> Option<PacketPosition> {
    let half = (rtt / 2).max(1);
    let (place, is_repeated) = match packet.kind {
        PacketKind::Segment {
            fate,
            arrives,
            is_retransmission,
            ..
        } => {
            let fall = || share(packet.at, packet.at + half, now);
            let place = match fate {
                Fate::Lost => Place::Lost(fall()?),
                Fate::Dropped => Place::Dropped(fall()?),
                Fate::Arrives => {
                    let leaves = arrives.saturating_sub(half).max(packet.at);
                    match share(packet.at, leaves, now) {
                        Some(waited) => Place::Queue(waited),
                        None => Place::Way(share(leaves, arrives, now)?),
                    }
                }
            };
            (place, is_retransmission)
        }
        PacketKind::Ack { sent_at, .. } => (Place::Ack(share(sent_at, packet.at, now)?), false),
        PacketKind::Syn | PacketKind::SynAck | PacketKind::HandshakeAck => return None,
    };
    Some(PacketPosition {
        connection: packet.connection,
        is_repeated,
        place,
    })
}

/// Returns the share of a time span that has passed; `None` outside of it.
fn share(from: Ns, until: Ns, now: Ns) -> Option<f64> {
    let is_within = from <= now && now < until;
    is_within.then(|| (now - from) as f64 / (until - from) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::analysis::simulated_run::SimulatedDownload;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::plan::sweep::Sweep;
    use lanes_shared::link::parse_profile;

    #[test]
    fn each_packet_waits_travels_and_arrives_or_falls() {
        let mut plan = plan(Sweep::Connections(vec![8]));
        let profile = "rate_mbit = 5\nrtt_ms = 40\nbuffer_kib = 40\nloss_percent = 2";
        plan.link = parse_profile(profile).ok();
        let run = SimulatedDownload::of(&plan, 8, 1_000_000).unwrap().run();
        let mut seen = [0; 5];
        let mut most_queued = 0;
        for ms in 0..run.duration() / 1_000_000 {
            let all = positions(&run, ms * 1_000_000);
            let mut queued = 0;
            for one in &all {
                let (kind, share) = match one.place {
                    Place::Queue(share) => (0, share),
                    Place::Way(share) => (1, share),
                    Place::Lost(share) => (2, share),
                    Place::Dropped(share) => (3, share),
                    Place::Ack(share) => (4, share),
                };
                assert!((0.0..1.0).contains(&share), "{one:?}");
                seen[kind] += 1;
                queued += u32::from(kind == 0);
            }
            most_queued = most_queued.max(queued);
        }
        assert!(seen.iter().all(|count| *count > 10), "{seen:?}");
        // 40 KiB are 27 packets of 1,500 bytes.
        assert!((20..=28).contains(&most_queued), "{most_queued}");
        let after = run.duration() + run.longest + 2 * run.rtt;
        assert_eq!(positions(&run, after), []);
    }
}
