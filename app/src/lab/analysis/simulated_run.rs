//! One simulated run of an experiment, packet by packet.

use std::path::PathBuf;

use lanes_shared::link::event_log::{MAX_EVENTS, thinned};
use lanes_shared::link::packet_log::{LoggedPacket, PacketKind};
use lanes_shared::link::predict::Download;
use lanes_shared::link::{Link, Ns};

use super::prediction::download;
use crate::lab::plan::experiment_plan::Plan;

/// The packets of one simulated run, at most [`MAX_EVENTS`], in the order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedRun {
    /// The packets.
    pub packets: Vec<LoggedPacket>,
    /// Packets that are left out, because there are too many.
    pub left_out: usize,
    /// Round-trip time of the empty path.
    pub rtt: Ns,
    /// Longest time from the start of a segment to its arrival.
    pub longest: Ns,
}

impl SimulatedRun {
    /// Returns the time of the first packet.
    pub fn start(&self) -> Ns {
        self.packets.first().map_or(0, |packet| packet.at)
    }

    /// Returns the time from the first packet to the last.
    pub fn duration(&self) -> Ns {
        let last = self.packets.last().map_or(0, |packet| packet.at);
        last.saturating_sub(self.start())
    }
}

/// The link and the download of one value of an experiment.
#[derive(Debug, Clone)]
pub struct SimulatedDownload {
    link: Link,
    download: Download,
}

impl SimulatedDownload {
    /// Returns the download of `value` for a file of `bytes`; `None` without an emulated link.
    pub fn of(plan: &Plan, value: u64, bytes: u64) -> Option<Self> {
        let link = plan.link_of(value).filter(|link| !link.is_open())?;
        let request = plan.request(value, PathBuf::new());
        let len = plan.len_of(value, Some(bytes)).unwrap_or(bytes);
        let download = download(len, &request);
        Some(Self { link, download })
    }

    /// Simulates the run: the first of those behind the prediction. Takes up to a second.
    pub fn run(&self) -> SimulatedRun {
        let all = self.download.log(&self.link).into_packets();
        let count = all.len();
        let packets = thinned(all, MAX_EVENTS);
        let waits = packets.iter().map(|packet| match packet.kind {
            PacketKind::Segment { arrives, .. } => arrives.saturating_sub(packet.at),
            PacketKind::Ack { sent_at, .. } => packet.at.saturating_sub(sent_at),
            _ => 0,
        });
        SimulatedRun {
            left_out: count - packets.len(),
            rtt: self.link.rtt(),
            longest: waits.max().unwrap_or(0),
            packets,
        }
    }
}
