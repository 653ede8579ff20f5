//! What-if analysis: changes one parameter of the path at a time and estimates the speedup in
//! closed form, for cases in which more connections do not help.

use super::super::{DEFAULT_WINDOW, Link, LinkProfile};
use super::{LimitingFactor, estimate_secs, limiting_factor};

/// Minimum speedup worth reporting.
const MIN_SPEEDUP: f64 = 1.15;

/// A change of the path that makes the download faster.
#[derive(Debug, Clone, PartialEq)]
pub struct Improvement {
    /// The changed path, to be used within a sentence: `a link twice as fast`.
    pub change: &'static str,
    /// Estimated speedup, above 1; `None` when the closed form does not cover the case.
    pub speedup: Option<f64>,
}

/// Description of a changed path, and the change.
type Change = (&'static str, fn(&mut LinkProfile));

/// All changes, in order of preference at equal speedup.
const CHANGES: [Change; 8] = [
    ("a link twice as fast", |p| {
        p.rate_mbit = p.rate_mbit.map(|rate| rate * 2.0);
    }),
    ("a server that allows each connection twice as much", |p| {
        p.per_connection_mbit = p.per_connection_mbit.map(|cap| cap * 2.0);
    }),
    ("a receive window of 4 MiB", |p| {
        p.window_kib = p
            .window_kib
            .map(|kib| kib.max((DEFAULT_WINDOW >> 10) as f64));
    }),
    ("a path without losses", |p| p.loss_percent = None),
    ("a link without background flows", |p| {
        p.background_flows = None;
    }),
    ("a server that accepts without delay", |p| {
        p.accept_ms = None;
    }),
    ("a server without a connection limit", |p| {
        p.max_connections = None;
    }),
    ("a path with half the round-trip time", |p| {
        p.rtt_ms = p.rtt_ms.map(|rtt| rtt / 2.0);
    }),
];

/// Returns the change with the largest speedup for `len` bytes over `n` connections. `None` when
/// nothing is emulated or no single change makes a difference.
pub fn best_improvement(profile: &LinkProfile, len: u64, n: usize) -> Option<Improvement> {
    let link = profile.validate().ok()?;
    match limiting_factor(&link, len, n) {
        LimitingFactor::Open => return None,
        // The closed form does not model losses that connections cause each other.
        LimitingFactor::Overload => {
            return Some(Improvement {
                change: "fewer connections, or a longer queue before the link",
                speedup: None,
            });
        }
        _ => {}
    }
    let now = estimate_secs(&link, len, n);
    let mut best: Option<Improvement> = None;
    for (description, change) in CHANGES {
        let speedup = now / changed_secs(profile, change, len, n).unwrap_or(now);
        let max = best.as_ref().and_then(|best| best.speedup).unwrap_or(1.0);
        // Equal speedups differ only by rounding.
        if speedup >= MIN_SPEEDUP && speedup > max * 1.001 {
            let speedup = Some(speedup);
            best = Some(Improvement {
                change: description,
                speedup,
            });
        }
    }
    best
}

/// Returns the completion time over the changed path, in seconds; `None` when the change is invalid
/// for this profile.
fn changed_secs(
    profile: &LinkProfile,
    change: fn(&mut LinkProfile),
    len: u64,
    n: usize,
) -> Option<f64> {
    let mut profile = profile.clone();
    change(&mut profile);
    let link: Link = profile.validate().ok()?;
    Some(estimate_secs(&link, len, n))
}

#[cfg(test)]
mod tests {
    use super::super::super::presets::preset;
    use super::*;

    fn improvement(id: &str, n: usize) -> (&'static str, Option<f64>) {
        let found = best_improvement(&preset(id).unwrap().profile(), 100_000_000, n).unwrap();
        (found.change, found.speedup)
    }

    #[test]
    fn best_improvement_relieves_the_limiting_factor() {
        for (id, n, expected) in [
            ("throttled-mirror", 5, "allows each connection twice"),
            ("throttled-mirror", 50, "a link twice as fast"),
            ("long-fat-pipe", 5, "a receive window"),
            ("lossy-transatlantic", 1, "without losses"),
            ("busy-home-link", 1, "background flows"),
            ("clean-cable", 1, "a link twice as fast"),
            ("slow-4g", 50, "fewer connections"),
        ] {
            let (change, speedup) = improvement(id, n);
            assert!(change.contains(expected), "{id} over {n}: {change}");
            assert!(
                speedup.is_none_or(|speedup| speedup > 1.5),
                "{id}: {speedup:?}"
            );
        }
    }

    #[test]
    fn open_link_has_no_improvement() {
        assert_eq!(
            best_improvement(&LinkProfile::default(), 1_000_000, 5),
            None
        );
    }
}
