//! Predictions of the link model for the values of an experiment.

use std::path::PathBuf;

use lanes_shared::link::limiting_factor::limiting_factor;
use lanes_shared::link::predict::Download;
use lanes_shared::wire::PacketHeader;
use serde::{Deserialize, Serialize};

use crate::lab::plan::experiment_plan::Plan;
use lanes_engine::{DownloadSpec, Mode, Source};

/// Number of simulated runs for each value.
pub(crate) const SIMULATED_RUNS: u64 = 9;

/// The prediction for one value. It is never a measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The value.
    pub value: u64,
    /// Median completion time of the simulated runs in seconds.
    pub median_secs: f64,
    /// 10th percentile of the completion times in seconds.
    pub low_secs: f64,
    /// 90th percentile of the completion times in seconds.
    pub high_secs: f64,
    /// Name of the limiting factor.
    pub limit: String,
}

/// Predicts the completion time of each value of the plan for a file of `bytes`; empty without an
/// emulated link, and once `keep_running` returns false. Takes about a second for a large file.
pub(crate) fn predictions(
    plan: &Plan,
    bytes: u64,
    keep_running: &dyn Fn() -> bool,
) -> Vec<Prediction> {
    predictions_of(plan, bytes, SIMULATED_RUNS, keep_running)
}

/// As [`predictions`], of `runs` simulated runs for each value: a single one gives no band, but takes a
/// fraction of the time.
pub(crate) fn predictions_of(
    plan: &Plan,
    bytes: u64,
    runs: u64,
    keep_running: &dyn Fn() -> bool,
) -> Vec<Prediction> {
    let mut all = Vec::new();
    for value in plan.sweep.values() {
        // A swept link may limit nothing; it has no prediction.
        let Some(link) = plan.link_of(value) else {
            continue;
        };
        let request = plan.request(value, PathBuf::new());
        let len = plan.len_of(value, Some(bytes)).unwrap_or(bytes);
        let percentiles = download(len, &request).predict(&link, runs, keep_running);
        let Some([low_secs, median_secs, high_secs]) = percentiles else {
            return Vec::new();
        };
        let limiting_factor = limiting_factor(&link, len, request.connections.into());
        all.push(Prediction {
            value,
            median_secs,
            low_secs,
            high_secs,
            limit: limiting_factor.label().to_owned(),
        });
    }
    all
}

/// Converts a request to the download that the model simulates.
pub(super) fn download(len: u64, request: &DownloadSpec) -> Download {
    Download {
        packet_len: request.packet_len,
        head_len: match request.mode {
            _ if matches!(request.source, Source::Http(_)) => 0,
            Mode::Stream => 0,
            Mode::Packets | Mode::Parallel => PacketHeader::LEN as u64,
        },
        ..Download::new(len, request.connections.into())
    }
}

#[cfg(test)]
mod tests {
    use lanes_shared::link::parse_profile;

    use super::*;
    use crate::lab::plan::experiment_plan::tests::plan;
    use crate::lab::plan::sweep::Sweep;

    #[test]
    fn only_an_emulated_link_is_predicted() {
        let mut plan = plan(Sweep::Connections(vec![1, 5]));
        assert_eq!(predictions(&plan, 1_000_000, &|| true), []);
        plan.link = Some(parse_profile("open-loopback").unwrap());
        assert_eq!(predictions(&plan, 1_000_000, &|| true), []);
        plan.link = Some(parse_profile("throttled-mirror").unwrap());
        let found = predictions(&plan, 1_000_000, &|| true);
        assert_eq!((found[0].value, found[1].value), (1, 5));
        assert!((found[0].median_secs - 4.0).abs() < 0.2, "{found:?}");
        // Not quite a fifth: connections fetch whole packets, and round trips do not shrink.
        assert!(
            found[1].median_secs < found[0].median_secs / 3.0,
            "{found:?}"
        );
        assert_eq!(found[0].limit, "cap per connection");
    }

    #[test]
    fn a_connection_fetches_whole_packets() {
        let mut plan = plan(Sweep::Connections(vec![10, 20]));
        plan.link = Some(parse_profile("throttled-mirror").unwrap());
        plan.packet_len = 16 << 10;
        let found = predictions(&plan, 1_000_000, &|| true);
        // Seven and four packets of 16 KiB at 2 Mbit/s, plus round trips.
        assert!((found[0].median_secs - 0.52).abs() < 0.03, "{found:?}");
        assert!((found[1].median_secs - 0.32).abs() < 0.03, "{found:?}");
    }

    #[test]
    fn each_swept_link_is_predicted_except_an_open_one() {
        let links =
            ["clean-cable", "open-loopback", "slow-4g"].map(|id| parse_profile(id).unwrap());
        let plan = plan(Sweep::Link(links.into()));
        let found = predictions(&plan, 100_000, &|| true);
        assert_eq!((found.len(), found[0].value, found[1].value), (2, 0, 2));
        assert!(found[1].median_secs > found[0].median_secs);
    }

    #[test]
    fn swept_files_are_predicted_by_their_own_size() {
        let mut plan = plan(Sweep::FileSize(vec![1_000_000, 4_000_000]));
        plan.link = Some(parse_profile("clean-cable").unwrap());
        let found = predictions(&plan, 1, &|| true);
        assert!(found[1].median_secs > 3.0 * found[0].median_secs);
    }
}
