//! Curves over time of a simulated run: windows, queue, sequence numbers, round trips.

use std::collections::BTreeMap;

use lanes_shared::link::packet_log::{Fate, LoggedPacket, PacketKind, SenderState};
use lanes_shared::link::{Ns, secs};

/// Points of all curves of a plot together, so that a plot of 50 connections is drawn within a frame.
const MAX_POINTS: usize = 24_000;
/// Least number of points of a curve.
const LEAST_POINTS: usize = 100;

/// A plot of a simulated run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PacketView {
    /// Congestion window and slow-start threshold of each sender, in packets.
    Window,
    /// Bytes before the link, and dropped packets.
    Queue,
    /// Place in the stream of each segment and acknowledgement, in bytes (Stevens' diagram).
    Sequence,
    /// Round-trip time of each acknowledgement, in seconds.
    RoundTrip,
    /// Pacing rate of each sender with BBR in bytes per second, by phase.
    Pacing,
}

impl PacketView {
    /// All plots.
    pub const ALL: [Self; 5] = [
        Self::Window,
        Self::Queue,
        Self::Sequence,
        Self::RoundTrip,
        Self::Pacing,
    ];

    /// Returns the name of the plot.
    pub fn name(self) -> &'static str {
        match self {
            Self::Window => "Window",
            Self::Queue => "Queue",
            Self::Sequence => "Sequence",
            Self::RoundTrip => "Round trip",
            Self::Pacing => "Pacing",
        }
    }

    /// Returns the label of the vertical axis, with the unit of the points.
    pub fn label(self) -> &'static str {
        match self {
            Self::Window => "congestion window (packets)",
            Self::Queue => "queue (bytes)",
            Self::Sequence => "sequence number (bytes)",
            Self::RoundTrip => "round trip (s)",
            Self::Pacing => "pacing rate (bytes/s)",
        }
    }
}

/// The look of a curve.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Look {
    /// A line.
    Line,
    /// A dashed line.
    Dashed,
    /// Dots.
    Dots,
    /// Crosses: packets that are lost or sent again.
    Crosses,
}

/// A curve.
#[derive(Debug, Clone, PartialEq)]
pub struct PacketCurve {
    /// Its subject, such as `window`.
    pub name: &'static str,
    /// Number of the connection, from 0; `None` for all together.
    pub connection: Option<u32>,
    /// Its look.
    pub look: Look,
    /// Time in seconds since the first connection opened, and the value in the unit of the plot.
    pub points: Vec<[f64; 2]>,
}

/// Returns the curves of a plot.
pub fn curves(packets: &[LoggedPacket], view: PacketView) -> Vec<PacketCurve> {
    let origin = packets.first().map_or(0, |packet| packet.at);
    let mut all = Curves::default();
    for packet in packets {
        let at = secs(packet.at.saturating_sub(origin));
        match view {
            PacketView::Window => all.add_window(at, packet),
            PacketView::Queue => all.add_queue(at, packet),
            PacketView::Sequence => all.add_sequence(at, packet),
            PacketView::RoundTrip => all.add_round_trip(at, packet),
            PacketView::Pacing => all.add_pacing(at, packet),
        }
    }
    all.finish()
}

/// Curves by connection, look and name.
#[derive(Default)]
struct Curves(BTreeMap<Key, Vec<[f64; 2]>>);

/// Connection, look and name.
type Key = (Option<u32>, Look, &'static str);

impl Curves {
    fn add(&mut self, of: Option<u32>, look: Look, name: &'static str, point: [f64; 2]) {
        self.0.entry((of, look, name)).or_default().push(point);
    }

    fn add_window(&mut self, at: f64, packet: &LoggedPacket) {
        let PacketKind::Ack {
            sender: Some(sender),
            ..
        } = packet.kind
        else {
            return;
        };
        let of = Some(packet.connection);
        self.add(of, Look::Line, "window", [at, f64::from(sender.cwnd)]);
        if sender.ssthresh < u32::MAX {
            let point = [at, f64::from(sender.ssthresh)];
            self.add(of, Look::Dashed, "threshold", point);
        }
    }

    fn add_queue(&mut self, at: f64, packet: &LoggedPacket) {
        let PacketKind::Segment { queue, fate, .. } = packet.kind else {
            return;
        };
        let point = [at, f64::from(queue)];
        self.add(None, Look::Line, "queue", point);
        match fate {
            Fate::Dropped => self.add(None, Look::Crosses, "dropped by the queue", point),
            Fate::Lost => self.add(None, Look::Dots, "lost on the path", point),
            Fate::Arrives => {}
        }
    }

    fn add_sequence(&mut self, at: f64, packet: &LoggedPacket) {
        let of = Some(packet.connection);
        match packet.kind {
            PacketKind::Segment {
                offset,
                is_retransmission,
                ..
            } => {
                let (look, name) = match is_retransmission {
                    true => (Look::Crosses, "sent again"),
                    false => (Look::Dots, "sent"),
                };
                self.add(of, look, name, [at, offset as f64]);
            }
            PacketKind::Ack { bytes, sack, .. } => {
                self.add(of, Look::Line, "acknowledged", [at, bytes as f64]);
                for block in sack.iter().filter(|block| block.1 > block.0) {
                    let name = "selectively acknowledged";
                    self.add(of, Look::Dots, name, [at, block.1 as f64]);
                }
            }
            _ => {}
        }
    }

    fn add_round_trip(&mut self, at: f64, packet: &LoggedPacket) {
        let PacketKind::Ack { echoes, .. } = packet.kind else {
            return;
        };
        let elapsed: Ns = packet.at.saturating_sub(echoes);
        let of = Some(packet.connection);
        self.add(of, Look::Line, "round trip", [at, secs(elapsed)]);
    }

    fn add_pacing(&mut self, at: f64, packet: &LoggedPacket) {
        if let PacketKind::Ack {
            sender: Some(SenderState { bbr: Some(bbr), .. }),
            ..
        } = packet.kind
        {
            let bytes_per_sec = bbr.pacing_bps as f64 / 8.0;
            let of = Some(packet.connection);
            self.add(of, Look::Dots, bbr.mode, [at, bytes_per_sec]);
        }
    }

    /// Returns the curves with at most [`MAX_POINTS`] points, but all crosses.
    fn finish(self) -> Vec<PacketCurve> {
        let most = (MAX_POINTS / self.0.len().max(1)).max(LEAST_POINTS);
        let curve = |((connection, look, name), points): (Key, Vec<[f64; 2]>)| {
            let points = without_repeats(&points);
            let step = match look {
                Look::Crosses => 1,
                _ => points.len().div_ceil(most).max(1),
            };
            let points = points.into_iter().step_by(step).collect();
            PacketCurve {
                name,
                connection,
                look,
                points,
            }
        };
        self.0.into_iter().map(curve).collect()
    }
}

/// Removes points between two others of the same value: a line through them is the same.
fn without_repeats(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let is_between = |index: usize| {
        let neighbours = index.checked_sub(1).and_then(|before| points.get(before));
        let values = [neighbours, points.get(index), points.get(index + 1)];
        let values = values.map(|point| point.map(|point| point[1]));
        values[0].is_some() && values[0] == values[1] && values[1] == values[2]
    };
    let kept = (0..points.len()).filter(|index| !is_between(*index));
    kept.map(|index| points[index]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use lanes_shared::link::parse_profile;
    use lanes_shared::link::predict::Download;

    fn packets(profile: &str, connections: usize) -> Vec<LoggedPacket> {
        let link = parse_profile(profile).unwrap().validate().unwrap();
        Download::new(3_000_000, connections)
            .log(&link)
            .into_packets()
    }

    #[test]
    fn a_plot_shows_what_the_packets_say() {
        let packets = packets("rate_mbit = 20\nrtt_ms = 50\nbuffer_kib = 60", 3);
        let highest = |view, name: &str| {
            let curves = curves(&packets, view);
            let named: Vec<_> = curves.iter().filter(|curve| curve.name == name).collect();
            let values = named.iter().flat_map(|curve| &curve.points);
            (
                named.len(),
                values.map(|point| point[1]).fold(0.0, f64::max),
            )
        };
        let (windows, window) = highest(PacketView::Window, "window");
        assert!(windows == 3 && (20.0..400.0).contains(&window), "{window}");
        assert_eq!(highest(PacketView::Window, "threshold").0, 3);
        let (_, queue) = highest(PacketView::Queue, "queue");
        assert!((50_000.0..=61_440.0).contains(&queue), "{queue}");
        let (_, dropped) = highest(PacketView::Queue, "dropped by the queue");
        assert!(dropped > 50_000.0, "a full queue drops: {dropped}");
        let (_, round_trip) = highest(PacketView::RoundTrip, "round trip");
        // The empty path, and at most 60 KiB at 20 Mbit/s.
        assert!((0.06..0.077).contains(&round_trip), "{round_trip}");
        let (_, sent) = highest(PacketView::Sequence, "sent");
        assert!((900_000.0..3_100_000.0).contains(&sent), "{sent}");
        assert!(highest(PacketView::Sequence, "sent again").1 > 0.0);
        assert!(highest(PacketView::Sequence, "selectively acknowledged").1 > 0.0);
        assert_eq!(
            curves(&packets, PacketView::Pacing),
            [],
            "CUBIC does not pace"
        );
    }

    #[test]
    fn the_phases_of_bbr_are_curves_of_their_own() {
        let packets = packets("rate_mbit = 20\nrtt_ms = 50\ncongestion = \"bbr\"", 1);
        let all = curves(&packets, PacketView::Pacing);
        let names: Vec<_> = all.iter().map(|curve| curve.name).collect();
        assert_eq!(names, ["drain", "probe_bw", "startup"]);
        let startup = all.iter().find(|curve| curve.name == "startup").unwrap();
        let highest = startup
            .points
            .iter()
            .map(|point| point[1])
            .fold(0.0, f64::max);
        // Above the 2.5 MB/s of the link, with a gain of 2.89.
        assert!((2.5e6..8e6).contains(&highest), "{highest}");
    }

    #[test]
    fn points_on_a_level_line_are_left_out() {
        let points = [1.0, 1.0, 1.0, 2.0, 2.0, 1.0];
        let points = points
            .iter()
            .enumerate()
            .map(|(at, value)| [at as f64, *value]);
        let kept = without_repeats(&points.collect::<Vec<_>>());
        let times: Vec<f64> = kept.iter().map(|point| point[0]).collect();
        assert_eq!(times, [0.0, 2.0, 3.0, 4.0, 5.0]);
    }

    #[test]
    fn a_plot_of_many_connections_is_small_enough_to_draw() {
        let packets = packets("rate_mbit = 100\nrtt_ms = 50\nloss_percent = 1", 50);
        for view in PacketView::ALL
            .into_iter()
            .filter(|view| *view != PacketView::Pacing)
        {
            let count: usize = curves(&packets, view)
                .iter()
                .map(|one| one.points.len())
                .sum();
            assert!(count > 100 && count < 2 * MAX_POINTS, "{view:?}: {count}");
        }
        assert_eq!(curves(&[], PacketView::Queue), []);
    }
}
