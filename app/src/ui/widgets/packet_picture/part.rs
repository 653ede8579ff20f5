//! Parts of a file that have arrived, for the picture with holes.

use std::time::Duration;

use lanes_shared::packet::PacketPlan;

use lanes_engine::{Arrival, Cell, Timeline};

/// Most parts of one picture: all packets that a timeline records. It bounds the mesh.
const MAX_PARTS: usize = 4096;
/// Packets that a timeline records if the file has more: every n-th, so that about as many are left.
const RECORDED: u64 = 2048;

/// A part of the file that has arrived.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Part {
    /// Start in the file, as a fraction of its length, 0 to 1.
    pub from: f64,
    /// Length, as a fraction of the length of the file, 0 to 1.
    pub len: f64,
    /// Start in the drawn picture, as a fraction; `from` unless the packets are drawn in the order in which
    /// they arrived.
    pub at: f64,
    /// Number of the connection that received it, from 1; `None` for an earlier attempt.
    pub connection: Option<u16>,
}

/// Returns the parts that a map shows as received.
pub(crate) fn of_map(cells: &[Cell]) -> Vec<Part> {
    let count = cells.len() as f64;
    let part = |(index, cell): (usize, &Cell)| {
        let from = index as f64 / count;
        Part {
            from,
            len: f64::from(cell.done) / 255.0 / count,
            at: from,
            connection: cell.connection,
        }
    };
    let has_bytes = |(_, cell): &(usize, &Cell)| cell.done > 0;
    let cells = cells.iter().enumerate().filter(has_bytes);
    cells.map(part).take(MAX_PARTS).collect()
}

/// Returns the packets that had arrived by `until`, each in its place in the file. Of a file with many
/// packets only every n-th is recorded; it stands for the n.
pub(crate) fn of_arrivals(timeline: &Timeline, until: Duration, plan: &PacketPlan) -> Vec<Part> {
    let share = packet_share(plan);
    let arrived = timeline.arrivals.iter().take_while(|one| one.at <= until);
    arrived
        .map(|arrival| part_of(*arrival, share))
        .take(MAX_PARTS)
        .collect()
}

/// Returns the same packets as [`of_arrivals`], one after the other in the order in which they arrived: a
/// picture whose packets were shuffled is a jumble.
pub(crate) fn as_received(timeline: &Timeline, until: Duration, plan: &PacketPlan) -> Vec<Part> {
    let mut parts = of_arrivals(timeline, until, plan);
    let mut at = 0.0;
    for part in &mut parts {
        part.at = at;
        at += part.len;
    }
    parts
}

/// Lengths of a packet and of the recorded group that it stands for, as fractions of the file.
#[derive(Clone, Copy)]
struct Share {
    packet: f64,
    group: f64,
}

fn packet_share(plan: &PacketPlan) -> Share {
    let packet = f64::from(plan.packet_len()) / plan.file_len().max(1) as f64;
    let every = plan.count().div_ceil(RECORDED).max(1);
    Share {
        packet,
        group: packet * every as f64,
    }
}

fn part_of(arrival: Arrival, share: Share) -> Part {
    let from = (arrival.packet as f64 * share.packet).min(1.0);
    Part {
        from,
        // The last packet may be shorter.
        len: share.group.min(1.0 - from),
        at: from,
        connection: Some(arrival.connection),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrivals(packets: &[u64]) -> Timeline {
        let arrival = |(index, packet): (usize, &u64)| Arrival {
            at: Duration::from_millis(index as u64),
            packet: *packet,
            connection: 1,
        };
        Timeline {
            arrivals: packets.iter().enumerate().map(arrival).collect(),
            ..Timeline::default()
        }
    }

    #[test]
    fn a_map_gives_the_cells_that_have_bytes() {
        let cell = |done, connection| Cell {
            done,
            connection,
            ..Cell::default()
        };
        let parts = of_map(&[cell(255, Some(3)), cell(0, None), cell(51, None)]);
        let third = 1.0 / 3.0;
        assert_eq!(parts.len(), 2);
        assert_eq!((parts[0].from, parts[0].connection), (0.0, Some(3)));
        assert!((parts[1].from - 2.0 * third).abs() < 1e-9);
        assert!((parts[1].len - third / 5.0).abs() < 1e-9, "{parts:?}");
        assert_eq!(of_map(&[]), []);
    }

    #[test]
    fn shuffled_packets_are_a_jumble_as_received_and_sorted_in_the_file() {
        let timeline = arrivals(&[3, 0, 2, 1]);
        let plan = PacketPlan::new(450, 128).unwrap();
        let all = Duration::from_secs(1);
        let (sorted, received) = (
            of_arrivals(&timeline, all, &plan),
            as_received(&timeline, all, &plan),
        );
        for (sorted, received) in sorted.iter().zip(&received) {
            assert!((sorted.at - sorted.from).abs() < 1e-9);
            assert_eq!((sorted.from, sorted.len), (received.from, received.len));
        }
        let places: Vec<f64> = received.iter().map(|part| part.at).collect();
        assert!(places.is_sorted() && places[0] == 0.0, "{places:?}");
        // The last packet has 66 of 128 bytes.
        let whole: f64 = sorted.iter().map(|part| part.len).sum();
        assert!((whole - 1.0).abs() < 1e-9, "{whole}");
        let some = of_arrivals(&timeline, Duration::from_millis(1), &plan);
        assert_eq!(some.len(), 2, "the other two came later");
    }

    #[test]
    fn few_recorded_packets_stand_for_all_of_a_large_file() {
        let plan = PacketPlan::new(128 * 10_000, 128).unwrap();
        let recorded: Vec<u64> = (0..10_000).step_by(5).collect();
        let parts = of_arrivals(&arrivals(&recorded), Duration::MAX, &plan);
        let whole: f64 = parts.iter().map(|part| part.len).sum();
        assert!((whole - 1.0).abs() < 1e-6, "{whole}");
        let many = vec![0; 3 * MAX_PARTS];
        let parts = of_arrivals(&arrivals(&many), Duration::MAX, &plan);
        assert_eq!(parts.len(), MAX_PARTS);
    }
}
