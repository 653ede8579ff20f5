//! One simulated run of an experiment, packet by packet.

use std::path::PathBuf;

use lanes_shared::link::Link;
use lanes_shared::link::event_log::{MAX_EVENTS, thinned};
use lanes_shared::link::packet_log::LoggedPacket;
use lanes_shared::link::predict::Download;

use super::prediction::download;
use crate::lab::plan::experiment_plan::Plan;

/// The packets of one simulated run, at most [`MAX_EVENTS`], in the order of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedRun {
    /// The packets.
    pub packets: Vec<LoggedPacket>,
    /// Packets that are left out, because there are too many.
    pub left_out: usize,
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
        SimulatedRun {
            left_out: count - packets.len(),
            packets,
        }
    }
}
