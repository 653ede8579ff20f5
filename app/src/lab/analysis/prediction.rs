//! What the model of an emulated link foresees for the values of an experiment.

use std::path::PathBuf;

use lanes_shared::link::predict::Download;
use lanes_shared::link::regime::regime;
use lanes_shared::wire::PacketHead;
use serde::{Deserialize, Serialize};

use crate::engine::{Mode, Request};
use crate::lab::plan::experiment_plan::Plan;
use crate::lab::plan::sweep::Sweep;

/// How many runs are simulated for each value.
const SEEDS: u64 = 9;

/// What the model foresees for one value. It is never a measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The value.
    pub value: u64,
    /// Median completion time of the simulated runs in seconds.
    pub median_secs: f64,
    /// One simulated run of ten is shorter than this, in seconds.
    pub low_secs: f64,
    /// One simulated run of ten is longer than this, in seconds.
    pub high_secs: f64,
    /// Which limit binds, in a word or two.
    pub limit: String,
}

/// Foresees the completion time of each value of the plan for a file of `bytes`; empty where no
/// link is emulated, and where `go_on` says that nobody waits any more. It takes about a second for
/// a large file.
pub(crate) fn predictions(plan: &Plan, bytes: u64, go_on: &dyn Fn() -> bool) -> Vec<Prediction> {
    let mut all = Vec::new();
    for value in plan.sweep.values() {
        // Of several links some may be open: nothing is foreseen for those.
        let Some(link) = plan.link_of(value) else {
            continue;
        };
        let request = plan.request(value, PathBuf::new());
        let len = match plan.sweep {
            Sweep::FileSize(_) => value,
            Sweep::Connections(_) | Sweep::PacketLen(_) | Sweep::Link(_) => bytes,
        };
        let found = download(len, &request).foreseen(&link, SEEDS, go_on);
        let Some([low_secs, median_secs, high_secs]) = found else {
            return Vec::new();
        };
        let regime = regime(&link, len, request.connections.into());
        all.push(Prediction {
            value,
            median_secs,
            low_secs,
            high_secs,
            limit: regime.label().to_owned(),
        });
    }
    all
}

/// The download that a request stands for, as the model sees it.
fn download(len: u64, request: &Request) -> Download {
    Download {
        packet_len: request.packet_len,
        head_len: match request.mode {
            Mode::Stream => 0,
            Mode::Packets | Mode::Parallel => PacketHead::LEN as u64,
        },
        ..Download::new(len, request.connections.into())
    }
}

#[cfg(test)]
mod tests {
    use lanes_shared::link::named;

    use super::*;
    use crate::lab::plan::experiment_plan::tests::plan;

    #[test]
    fn only_an_emulated_link_is_foreseen() {
        let mut plan = plan(Sweep::Connections(vec![1, 5]));
        assert_eq!(predictions(&plan, 1_000_000, &|| true), []);
        plan.link = Some(named("open-loopback").unwrap());
        assert_eq!(predictions(&plan, 1_000_000, &|| true), []);
        plan.link = Some(named("throttled-mirror").unwrap());
        let found = predictions(&plan, 1_000_000, &|| true);
        assert_eq!((found[0].value, found[1].value), (1, 5));
        assert!((found[0].median_secs - 4.0).abs() < 0.2, "{found:?}");
        // Not quite a fifth: a connection fetches whole packets, and the round trips stay.
        assert!(
            found[1].median_secs < found[0].median_secs / 3.0,
            "{found:?}"
        );
        assert_eq!(found[0].limit, "cap per connection");
    }

    #[test]
    fn a_connection_brings_whole_packets() {
        let mut plan = plan(Sweep::Connections(vec![10, 20]));
        plan.link = Some(named("throttled-mirror").unwrap());
        plan.packet_len = 16 << 10;
        let found = predictions(&plan, 1_000_000, &|| true);
        // Seven and four packets of 16 KiB at 2 Mbit/s, and the round trips.
        assert!((found[0].median_secs - 0.52).abs() < 0.03, "{found:?}");
        assert!((found[1].median_secs - 0.32).abs() < 0.03, "{found:?}");
    }

    #[test]
    fn each_link_is_foreseen_and_an_open_one_is_not() {
        let links = ["clean-cable", "open-loopback", "slow-4g"].map(|id| named(id).unwrap());
        let plan = plan(Sweep::Link(links.into()));
        let found = predictions(&plan, 100_000, &|| true);
        assert_eq!((found.len(), found[0].value, found[1].value), (2, 0, 2));
        assert!(found[1].median_secs > found[0].median_secs);
    }

    #[test]
    fn files_are_foreseen_by_their_own_size() {
        let mut plan = plan(Sweep::FileSize(vec![1_000_000, 4_000_000]));
        plan.link = Some(named("clean-cable").unwrap());
        let found = predictions(&plan, 1, &|| true);
        assert!(found[1].median_secs > 3.0 * found[0].median_secs);
    }
}
