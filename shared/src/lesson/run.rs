//! Runs a lesson: simulates a download for each value.

use super::{Lesson, Reading, Varied};
use crate::link::Link;
use crate::link::packet_log::{PacketKind, PacketLog};
use crate::link::predict::Download;
use crate::link::secs;
use crate::quantile::quantile;

impl Lesson {
    /// Returns the link and the download of a value; `None` for indices out of range.
    pub fn download(&self, curve: usize, value: usize) -> Option<(Link, Download)> {
        let (curve, value) = (self.curves.get(curve)?, *self.values.get(value)?);
        let link = self.varied.apply(&curve.link, value).validate().ok()?;
        let download = match self.varied {
            Varied::FileSize => Download::new(value as u64, self.connections),
            Varied::Connections => Download::new(self.size, value as usize),
            Varied::Link(_) => Download::new(self.size, self.connections),
        };
        Some((link, download))
    }

    /// Simulates the downloads of a curve and returns the medians for each value. `None` once
    /// `keep_running` returns false, or if there is no such curve.
    pub fn run(&self, curve: usize, keep_running: &dyn Fn() -> bool) -> Option<Vec<Reading>> {
        let reading = |value| {
            let (link, download) = self.download(curve, value)?;
            let simulate = |phase| {
                let (secs, log) = keep_running().then(|| download.simulate_logged(&link, phase))?;
                Some(one_run(&download, secs, log))
            };
            let runs: Option<Vec<Reading>> = (0..self.runs).map(simulate).collect();
            median_of(&runs?)
        };
        (0..self.values.len()).map(reading).collect()
    }

    /// Simulates all curves, as [`Self::run`] does.
    pub fn run_all(&self, keep_running: &dyn Fn() -> bool) -> Option<Vec<Vec<Reading>>> {
        let curves = 0..self.curves.len();
        curves.map(|curve| self.run(curve, keep_running)).collect()
    }
}

fn one_run(download: &Download, secs_taken: f64, log: PacketLog) -> Reading {
    let (mut round_trips, mut sent, mut repeated) = (Vec::new(), 0.0, 0.0);
    for packet in log.into_packets() {
        match packet.kind {
            PacketKind::Segment {
                is_retransmission, ..
            } => {
                sent += 1.0;
                repeated += f64::from(u8::from(is_retransmission));
            }
            PacketKind::Ack { echoes, .. } => {
                round_trips.push(secs(packet.at.saturating_sub(echoes)) * 1e3);
            }
            PacketKind::Syn | PacketKind::SynAck | PacketKind::HandshakeAck => {}
        }
    }
    Reading {
        secs: secs_taken,
        mbit_per_sec: download.len as f64 * 8e-6 / secs_taken.max(1e-9),
        round_trip_ms: quantile(&round_trips, 0.5).unwrap_or(0.0),
        repeated_percent: 100.0 * repeated / f64::max(sent, 1.0),
    }
}

/// Returns the median of each result; `None` without a run.
fn median_of(runs: &[Reading]) -> Option<Reading> {
    let median = |of: fn(&Reading) -> f64| quantile(&runs.iter().map(of).collect::<Vec<_>>(), 0.5);
    Some(Reading {
        secs: median(|run| run.secs)?,
        mbit_per_sec: median(|run| run.mbit_per_sec)?,
        round_trip_ms: median(|run| run.round_trip_ms)?,
        repeated_percent: median(|run| run.repeated_percent)?,
    })
}
