//! How long a download will take over so many connections: the simulation driver, run with several
//! seeds.

use super::limiting_factor::{LimitingFactor, limiting_factor};
use super::simulation::{Plan, Setup, run};
use super::{Link, secs};
use crate::packet::DEFAULT_PACKET_LEN;
use crate::quantile::quantile;
use crate::wire::PacketHeader;

/// What is foreseen for one number of connections.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Prediction {
    /// How many connections are asked for.
    pub n: usize,
    /// The median completion time over the seeds, in seconds.
    pub median_secs: f64,
    /// One run of ten is shorter than this, in seconds.
    pub low_secs: f64,
    /// One run of ten is longer than this, in seconds.
    pub high_secs: f64,
    /// Which limit binds.
    pub limiting_factor: LimitingFactor,
}

/// One download that is foreseen.
#[derive(Debug, Clone, Copy)]
pub struct Download {
    /// The file's length in bytes.
    pub len: u64,
    /// How many connections are asked for.
    pub connections: usize,
    /// The length of a packet in bytes: segments begin with packets.
    pub packet_len: u32,
    /// What stands before each packet on the link, in bytes: [`PacketHeader::LEN`], or nothing
    /// in a plain stream.
    pub head_len: u64,
}

impl Download {
    /// In packets of the usual length.
    pub fn new(len: u64, connections: usize) -> Self {
        Self {
            len,
            connections,
            packet_len: DEFAULT_PACKET_LEN,
            head_len: PacketHeader::LEN as u64,
        }
    }

    /// The time that one of ten simulated runs is below, their median, and the time that one of ten is
    /// above, in seconds; of `seeds` runs, at least one. `None` once `go_on` says that nobody waits
    /// any more.
    pub fn predict(&self, link: &Link, seeds: u64, go_on: &dyn Fn() -> bool) -> Option<[f64; 3]> {
        let run = |phase| go_on().then(|| self.simulated_secs(link, phase));
        let times: Option<Vec<f64>> = (0..seeds.max(1)).map(run).collect();
        let times = times?;
        let at = |share| quantile(&times, share);
        Some([at(0.1)?, at(0.5)?, at(0.9)?])
    }

    /// The completion time of one simulated run in seconds. `phase` chooses when the connections
    /// start and is added to the link's seed.
    fn simulated_secs(&self, link: &Link, phase: u64) -> f64 {
        let link = link.with_seed(link.seed().wrapping_add(phase));
        let granule = u64::from(self.packet_len.max(1)) + self.head_len;
        let of = |len: u64| {
            let packets = len.div_ceil(self.packet_len.max(1).into());
            let setup = Setup {
                link,
                len: len + packets * self.head_len,
                connections: self.connections,
                plan: Plan::Stealing,
                granule,
                phase,
            };
            secs(run(&setup).done)
        };
        let whole = of(self.len.min(SIMULATED));
        if self.len <= SIMULATED {
            return whole;
        }
        let half = SIMULATED / 2;
        let per_byte = (whole - of(half)) / half as f64;
        whole + (self.len - SIMULATED) as f64 * per_byte
    }
}

/// A longer file is simulated up to here, in bytes (256 MiB), and its rest at the rate of the
/// second half: by then slow start and its losses are history.
const SIMULATED: u64 = 256 << 20;

/// Foresees the completion time of `len` bytes in packets of `packet_len` bytes for each of `counts`,
/// from `seeds` runs each that differ in losses and start times. The link's own seed is the first of
/// them.
///
/// Empty for the open link: where nothing is emulated nothing can be foreseen. It takes about a
/// second per few million packets, so a window asks on a thread of its own.
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
    let one = |n: &usize| {
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
    counts.iter().filter_map(one).collect()
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

    /// The curve of every preset has the shape that it is there to show.
    #[test]
    fn presets_teach_what_they_say() {
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
        assert!(medians("open-loopback", LEN).is_empty());
    }

    #[test]
    fn a_long_file_is_foreseen_without_simulating_all_of_it() {
        let link = preset("clean-cable").unwrap().link();
        let tera = predict(&link, 1 << 40, DEFAULT_PACKET_LEN, &[1], 1);
        let expected = (1u64 << 40) as f64 * 8.0 / link.goodput_bps().unwrap();
        assert!((tera[0].median_secs / expected - 1.0).abs() < 0.01);
    }
}
