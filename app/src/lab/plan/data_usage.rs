//! How much experiments download in all, and when that is worth a warning.

use lanes_shared::size;

use super::experiment_plan::Plan;
use super::sweep::Sweep;

/// The numbers of connections that are compared with a server of others, where none are named: few, for
/// it serves other people too.
pub const POLITE_COUNTS: [u16; 4] = [1, 4, 8, 16];
/// And how many rounds.
pub const POLITE_ROUNDS: u32 = 2;

/// From how many bytes on a server that is not on this machine is asked for them only after a warning.
const MUCH: u64 = 500_000_000;

/// How much is downloaded in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataUsage {
    /// How often a file is downloaded, the warm-ups included.
    pub downloads: u64,
    /// How many bytes that is; `None` where it is not known how long the file is.
    pub bytes: Option<u64>,
}

/// How much these experiments download when they are made side by side. `len` is the length of the
/// file, if it is known.
pub fn data_usage(plans: &[Plan], len: Option<u64>) -> DataUsage {
    let mut usage = DataUsage {
        downloads: 0,
        bytes: Some(0),
    };
    for plan in plans {
        let values = plan.sweep.values();
        let rounds = u64::from(plan.rounds);
        let downloads = rounds * values.len() as u64 + 1;
        let bytes = match &plan.sweep {
            Sweep::FileSize(sizes) => {
                let round = sizes
                    .iter()
                    .fold(0_u64, |sum, size| sum.saturating_add(*size));
                let warm_up = sizes.first().copied().unwrap_or(0);
                Some(round.saturating_mul(rounds).saturating_add(warm_up))
            }
            _ => len.map(|len| len.saturating_mul(downloads)),
        };
        usage.downloads += downloads;
        usage.bytes = usage
            .bytes
            .zip(bytes)
            .map(|(sum, bytes)| sum.saturating_add(bytes));
    }
    usage
}

/// What to say before so much is downloaded, in one sentence without a full stop. `None` where the
/// server is on this machine, and where it is not much.
pub fn warning(plans: &[Plan], len: Option<u64>) -> Option<String> {
    let first = plans.first().filter(|plan| !plan.is_loopback())?;
    let host = first.source.host();
    let DataUsage { downloads, bytes } = data_usage(plans, len);
    match bytes {
        Some(bytes) if bytes <= MUCH => None,
        Some(bytes) => Some(format!(
            "This downloads {} in all from {host}: the whole file {downloads} times",
            size::text(bytes)
        )),
        None => Some(format!(
            "This downloads the whole file {downloads} times from {host}, and it is not known yet how \
             large it is"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::plan::experiment_plan::tests::plan;

    fn http(host: &str) -> Plan {
        Plan {
            source: format!("http://{host}/f.iso").parse().unwrap(),
            rounds: POLITE_ROUNDS,
            ..plan(Sweep::Connections(POLITE_COUNTS.to_vec()))
        }
    }

    #[test]
    fn warm_ups_count_and_files_have_their_own_sizes() {
        let plans = [http("a.example"), http("a.example")];
        let both = data_usage(&plans, Some(1000));
        assert_eq!((both.downloads, both.bytes), (18, Some(18_000)));
        let files = plan(Sweep::FileSize(vec![10, 20]));
        assert_eq!(data_usage(&[files], None).bytes, Some(3 * 30 + 10));
    }

    #[test]
    fn a_big_total_of_a_stranger_is_warned_of() {
        let of = |host, len| warning(&[http(host)], len);
        assert_eq!(of("a.example", Some(1_000_000)), None);
        let words = of("a.example", Some(100_000_000)).unwrap();
        assert!(words.contains("900 MB in all from a.example"), "{words}");
        let words = of("a.example", None).unwrap();
        assert!(words.contains("9 times") && words.contains("not known"));
        for near in ["127.0.0.1:80", "localhost", "[::1]:80"] {
            assert_eq!(of(near, None), None, "{near}");
        }
    }
}
