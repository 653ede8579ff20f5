//! What would help, where more connections do not: one thing of the path changed at a time, and
//! what the closed form says of it.

use super::super::{DEFAULT_WINDOW, Link, LinkProfile};
use super::{LimitingFactor, estimate_secs, limiting_factor};

/// From which factor on a change is worth a word.
const WORTH: f64 = 1.15;

/// A change of the path.
#[derive(Debug, Clone, PartialEq)]
pub struct Improvement {
    /// The path as it would have to be, within a sentence: `a link twice as fast`.
    pub change: &'static str,
    /// How many times as fast the download would be, by the closed form; more than 1. `None` where it
    /// cannot say.
    pub speedup: Option<f64>,
}

/// A path that has one thing changed, in words, and the change.
type Change = (&'static str, fn(&mut LinkProfile));

/// In the order in which they are preferred where they help as much.
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
    ("a link without the flows of others", |p| {
        p.background_flows = None;
    }),
    ("a server that accepts at once", |p| p.accept_ms = None),
    ("a server that takes every connection", |p| {
        p.max_connections = None;
    }),
    ("a server half as far away", |p| {
        p.rtt_ms = p.rtt_ms.map(|rtt| rtt / 2.0);
    }),
];

/// What would help most when `len` bytes are fetched over `n` connections. `None` where nothing is
/// emulated, and where no single change makes a difference.
pub fn best_improvement(profile: &LinkProfile, len: u64, n: usize) -> Option<Improvement> {
    let link = profile.validate().ok()?;
    match limiting_factor(&link, len, n) {
        LimitingFactor::Open => return None,
        // The closed form knows nothing of connections that lose each other's packets.
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
    for (what, change) in CHANGES {
        let factor = now / changed_secs(profile, change, len, n).unwrap_or(now);
        let least = best.as_ref().and_then(|best| best.speedup).unwrap_or(1.0);
        // Two that help as much differ by rounding only.
        if factor >= WORTH && factor > least * 1.001 {
            let factor = Some(factor);
            best = Some(Improvement {
                change: what,
                speedup: factor,
            });
        }
    }
    best
}

/// The completion time over the changed path, in seconds; `None` where it cannot be changed so.
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

    fn helps(id: &str, n: usize) -> (&'static str, Option<f64>) {
        let found = best_improvement(&preset(id).unwrap().profile(), 100_000_000, n).unwrap();
        (found.change, found.speedup)
    }

    #[test]
    fn what_binds_is_what_has_to_change() {
        for (id, n, what) in [
            ("throttled-mirror", 5, "allows each connection twice"),
            ("throttled-mirror", 50, "a link twice as fast"),
            ("long-fat-pipe", 5, "a receive window"),
            ("lossy-transatlantic", 1, "without losses"),
            ("busy-home-link", 1, "flows of others"),
            ("clean-cable", 1, "a link twice as fast"),
            ("slow-4g", 50, "fewer connections"),
        ] {
            let (said, factor) = helps(id, n);
            assert!(said.contains(what), "{id} over {n}: {said}");
            assert!(factor.is_none_or(|factor| factor > 1.5), "{id}: {factor:?}");
        }
    }

    #[test]
    fn nothing_is_said_of_the_open_link() {
        assert_eq!(
            best_improvement(&LinkProfile::default(), 1_000_000, 5),
            None
        );
    }
}
