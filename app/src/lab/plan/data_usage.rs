//! The amount of data that experiments transfer, and the warning before a large one.

use lanes_shared::size;

use super::experiment_plan::Plan;
use super::http_runs::Http3Choice;
use super::sweep::Sweep;

/// Default numbers of connections for an HTTP server, which other people use too.
pub const POLITE_COUNTS: [u16; 4] = [1, 4, 8, 16];
/// Default number of rounds for an HTTP server.
pub const POLITE_ROUNDS: u32 = 2;

/// Transfers above this many bytes from another machine cause a warning.
const WARN_ABOVE: u64 = 500_000_000;

/// The number of downloads of experiments, and their size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DataUsage {
    /// Number of downloads, warm-ups included.
    pub downloads: u64,
    /// Their total size in bytes; `None` while the length of the file is unknown.
    pub bytes: Option<u64>,
}

/// Returns the amount of data that the plans transfer. `len` is the length of the file, if known.
pub fn data_usage(plans: &[Plan], len: Option<u64>) -> DataUsage {
    let mut usage = DataUsage {
        downloads: 0,
        bytes: Some(0),
    };
    for plan in plans {
        let values = plan.sweep.values();
        let rounds = u64::from(plan.rounds);
        let also_http3 = u64::from(plan.http.http3 != Http3Choice::Never);
        let downloads = rounds * (values.len() as u64 + also_http3) + 1;
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

/// Returns a warning, one sentence without a full stop, if the plans transfer much data or an unknown
/// amount. `None` for a server on this machine, and for small transfers.
pub fn warning(plans: &[Plan], len: Option<u64>) -> Option<String> {
    let first = plans.first().filter(|plan| !plan.is_loopback())?;
    let host = first.source.host();
    let DataUsage { downloads, bytes } = data_usage(plans, len);
    match bytes {
        Some(bytes) if bytes <= WARN_ABOVE => None,
        Some(bytes) => Some(format!(
            "This downloads {} in total from {host}: the whole file {downloads} times",
            size::text(bytes)
        )),
        None => Some(format!(
            "This downloads the whole file {downloads} times from {host}; its size is not known yet"
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
    fn warm_ups_count_and_swept_file_sizes_are_summed() {
        let plans = [http("a.example"), http("a.example")];
        let both = data_usage(&plans, Some(1000));
        assert_eq!((both.downloads, both.bytes), (18, Some(18_000)));
        let files = plan(Sweep::FileSize(vec![10, 20]));
        assert_eq!(data_usage(&[files], None).bytes, Some(3 * 30 + 10));
    }

    #[test]
    fn http3_adds_a_download_to_each_round() {
        let mut plan = http("a.example");
        plan.http.http3 = Http3Choice::Offered;
        assert_eq!(data_usage(&[plan], Some(1000)).downloads, 11);
    }

    #[test]
    fn a_large_transfer_from_another_machine_causes_a_warning() {
        let of = |host, len| warning(&[http(host)], len);
        assert_eq!(of("a.example", Some(1_000_000)), None);
        let text = of("a.example", Some(100_000_000)).unwrap();
        assert!(text.contains("900 MB in total from a.example"), "{text}");
        let text = of("a.example", None).unwrap();
        assert!(text.contains("9 times") && text.contains("not known"));
        for near in ["127.0.0.1:80", "localhost", "[::1]:80"] {
            assert_eq!(of(near, None), None, "{near}");
        }
    }
}
