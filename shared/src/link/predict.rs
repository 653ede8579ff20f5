//! Predicts completion times: simulates a download with several seeds.

use super::limiting_factor::{LimitingFactor, limiting_factor};
use super::packet_log::PacketLog;
use super::simulation::{Plan, Setup, run, run_logged};
use super::{Link, secs};
use crate::packet::DEFAULT_PACKET_LEN;
use crate::quantile::quantile;
use crate::wire::PacketHeader;

/// Predicted completion time for one number of connections.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// Number of connections requested.
    pub n: usize,
    /// Median of the completion time over the seeds, in seconds.
    pub median_secs: f64,
    /// 10th percentile, in seconds.
    pub low_secs: f64,
    /// 90th percentile, in seconds.
    pub high_secs: f64,
    /// Limit that binds.
    pub limiting_factor: LimitingFactor,
}

/// Download to predict.
///
/// ```
/// use lanes_shared::link::parse_profile;
/// use lanes_shared::link::predict::Download;
///
/// let link = parse_profile("rate_mbit = 20\nrtt_ms = 50")?.validate()?;
/// let download = Download::new(2_000_000, 4);
/// let [low, median, high] = download.predict(&link, 3, &|| true).unwrap();
/// // 2 MB at 20 Mbit/s take 0.8 s without headers and round trips.
/// assert!(0.8 < low && low <= median && median <= high && high < 2.0);
/// # Ok::<(), lanes_shared::link::ProfileError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Download {
    /// Length of the file, in bytes.
    pub len: u64,
    /// Number of connections requested.
    pub connections: usize,
    /// Packet length, in bytes; segments begin at packet boundaries.
    pub packet_len: u32,
    /// Header bytes per packet on the link: [`PacketHeader::LEN`], or zero for a plain stream.
    pub head_len: u64,
}

impl Download {
    /// Creates a download in packets of the default length.
    pub fn new(len: u64, connections: usize) -> Self {
        Self {
            len,
            connections,
            packet_len: DEFAULT_PACKET_LEN,
            head_len: PacketHeader::LEN as u64,
        }
    }

    /// Returns the 10th percentile, the median and the 90th percentile of the completion time in
    /// seconds, from `seeds` simulated runs (at least one). `None` once `keep_running` returns
    /// false.
    pub fn predict(
        &self,
        link: &Link,
        seeds: u64,
        keep_running: &dyn Fn() -> bool,
    ) -> Option<[f64; 3]> {
        let run = |phase| keep_running().then(|| self.simulated_secs(link, phase));
        let times: Option<Vec<f64>> = (0..seeds.max(1)).map(run).collect();
        let times = times?;
        let at = |q| quantile(&times, q);
        Some([at(0.1)?, at(0.5)?, at(0.9)?])
    }

    /// Simulates the first of the runs behind [`Self::predict`] and returns its packets. Of a long
    /// file only the start is simulated: its first 256 MiB.
    pub fn log(&self, link: &Link) -> PacketLog {
        run_logged(&self.setup(link, self.len.min(MAX_SIMULATED_LEN), 0)).1
    }

    /// Simulates one run and returns its completion time in seconds and its packets. `phase` selects
    /// the start times of the connections and is added to the link's seed. The whole file is
    /// simulated: choose at most some hundred megabytes.
    pub fn simulate_logged(&self, link: &Link, phase: u64) -> (f64, PacketLog) {
        let (outcome, log) = run_logged(&self.setup(link, self.len, phase));
        (secs(outcome.done), log)
    }

    fn setup(&self, link: &Link, len: u64, phase: u64) -> Setup {
        let packets = len.div_ceil(self.packet_len.max(1).into());
        Setup {
            link: link.with_seed(link.seed().wrapping_add(phase)),
            len: len + packets * self.head_len,
            connections: self.connections,
            plan: Plan::Stealing,
            granule: u64::from(self.packet_len.max(1)) + self.head_len,
            phase,
        }
    }

    /// Returns the completion time of one simulated run, in seconds. `phase` selects the start
    /// times of the connections and is added to the link's seed.
    fn simulated_secs(&self, link: &Link, phase: u64) -> f64 {
        let simulate = |len: u64| secs(run(&self.setup(link, len, phase)).done);
        let whole = simulate(self.len.min(MAX_SIMULATED_LEN));
        if self.len <= MAX_SIMULATED_LEN {
            return whole;
        }
        let half = MAX_SIMULATED_LEN / 2;
        let per_byte = (whole - simulate(half)) / half as f64;
        whole + (self.len - MAX_SIMULATED_LEN) as f64 * per_byte
    }
}

/// Maximum length that is simulated, in bytes (256 MiB). The rest of a longer file is extrapolated
/// at the rate of the second half, in which slow start and its losses are over.
const MAX_SIMULATED_LEN: u64 = 256 << 20;

/// Predicts the completion time of `len` bytes in packets of `packet_len` bytes for each of
/// `counts`, from `seeds` runs that differ in losses and start times. The link's own seed is the
/// first.
///
/// Empty for the open link, which has no model. A few million packets take about a second, so a
/// window must call it on a thread of its own.
pub fn predict(
    link: &Link,
    len: u64,
    packet_len: u32,
    counts: &[usize],
    seeds: u64,
) -> Vec<Prediction> {
    if link.is_open() {
        return Vec::new();
    }
    let predict_count = |n: &usize| {
        let download = Download {
            packet_len,
            ..Download::new(len, *n)
        };
        let [low_secs, median_secs, high_secs] = download.predict(link, seeds, &|| true)?;
        Some(Prediction {
            n: *n,
            median_secs,
            low_secs,
            high_secs,
            limiting_factor: limiting_factor(link, len, *n),
        })
    };
    counts.iter().filter_map(predict_count).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::presets::preset;

    fn medians(id: &str, len: u64) -> Vec<f64> {
        let link = preset(id).unwrap().link();
        let all = predict(&link, len, DEFAULT_PACKET_LEN, &[1, 5, 10, 20, 50], 15);
        for p in &all {
            assert!(p.low_secs <= p.median_secs && p.median_secs <= p.high_secs);
        }
        let medians: Vec<f64> = all.iter().map(|p| p.median_secs).collect();
        println!(
            "{id}: {medians:.2?} {:?}",
            all.iter().map(|p| p.limiting_factor).collect::<Vec<_>>()
        );
        medians
    }

    /// The curve of every preset has the shape that the preset demonstrates.
    #[test]
    fn presets_demonstrate_their_effects() {
        const LEN: u64 = 20_000_000;
        let near = |value: f64, expected: f64| (value / expected - 1.0).abs() < 0.15;
        let t = medians("throttled-mirror", LEN);
        assert!(near(t[0], 80.0) && near(t[1], 16.2) && near(t[2], 8.2) && near(t[3], 4.2));
        assert!(t[4] > 3.3 && t[4] < 4.3 && t[4] < t[3], "{t:?}");
        let t = medians("long-fat-pipe", LEN);
        assert!(
            near(t[0], 46.5) && near(t[1], 9.9) && near(t[2], 5.3),
            "{t:?}"
        );
        assert!(t[3] > t[4]);
        let t = medians("lossy-transatlantic", LEN);
        assert!(t[0] > 8.0 && t[0] > 2.5 * t[1], "{t:?}");
        let t = medians("busy-home-link", LEN);
        assert!(t[0] > 1.8 * t[1] && t[1] > t[2] && t[2] > t[4], "{t:?}");
        let t = medians("clean-cable", LEN);
        assert!(
            t[..3].iter().all(|t| near(*t, 33.2)) && t[4] < 60.0,
            "{t:?}"
        );
        let t = medians("slow-4g", 2_000_000);
        assert!(t[3].max(t[4]) > t[0] * 1.03, "{t:?}");
        let t = medians("grumpy-server", LEN);
        assert!(near(t[0], 32.0) && near(t[2], t[4]), "{t:?}");
        let t = medians("bbr-server", LEN);
        assert!(t[0] < 1.3 * t[1] && t[0] < 4.0, "{t:?}");
        let t = medians("policed-plan", LEN);
        assert!(t[0] > 2.0 * t[4], "{t:?}");
        let (deep, managed) = (medians("bufferbloat", LEN), medians("fq-codel-router", LEN));
        assert!(
            deep.iter()
                .zip(&managed)
                .all(|(a, b)| (a / b - 1.0).abs() < 0.25)
        );
        let t = medians("bursty-wifi", LEN);
        assert!(t[0] < 1.4 * t[1], "{t:?}");
        let t = medians("lte-moving", LEN);
        assert!(t[0] > 15.0 && t[0] < 60.0, "{t:?}");
        let t = medians("satellite", 400_000_000);
        assert!(t[0] > 30.0 && t[0] < 60.0, "{t:?}");
        assert!(medians("open-loopback", LEN).is_empty());
    }

    #[test]
    fn long_file_is_extrapolated() {
        let link = preset("clean-cable").unwrap().link();
        let tebibyte = predict(&link, 1 << 40, DEFAULT_PACKET_LEN, &[1], 1);
        let expected = (1u64 << 40) as f64 * 8.0 / link.goodput_bps().unwrap();
        assert!((tebibyte[0].median_secs / expected - 1.0).abs() < 0.01);
    }
}
