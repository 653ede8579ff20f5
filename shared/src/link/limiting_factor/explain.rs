//! Describes the limiting factor in one sentence, for the window and the commands.

use super::super::{Link, secs};
use super::{LimitingFactor, knee, limiting_factor, overloaded, per_connection_bps};
use crate::size;

/// Returns a sentence, without a full stop, that names the limit of fetching `len` bytes over these
/// numbers of connections.
pub fn explain(link: &Link, len: u64, counts: &[usize]) -> String {
    let fewest = counts.iter().copied().min().unwrap_or(1);
    let most = counts.iter().copied().max().unwrap_or(1);
    let mut text = match limiting_factor(link, len, fewest) {
        LimitingFactor::Open => return "no link is emulated; this machine is the limit".into(),
        LimitingFactor::LinkFull if fewest <= 1 => {
            "the link is full with one connection; more add nothing".into()
        }
        LimitingFactor::LinkFull => format!("{fewest} connections fill the link; more add nothing"),
        LimitingFactor::LinkShared => shared(link),
        LimitingFactor::Policed => format!(
            "a policer drops what exceeds {}, and nothing waits; several connections use more of that than one",
            rate(link.policer_bps().unwrap_or(0.0))
        ),
        LimitingFactor::SlowStart => {
            "the file ends before one connection reaches full speed; several start faster".into()
        }
        LimitingFactor::Overload => {
            "the queue before the link is too short for these connections; they cause each other's losses".into()
        }
        LimitingFactor::Accepting => format!(
            "the server spends {} on each connection, one at a time; more cost more than they gain",
            millis(link)
        ),
        LimitingFactor::Cap | LimitingFactor::Window | LimitingFactor::Loss | LimitingFactor::Refused => per_connection(link),
    };
    if let Some(from) = overload_from(link, counts)
        && from > fewest
    {
        text += &format!("; from {from} on they cause each other's losses");
    } else if let Some(max) = link.max_connections().filter(|max| most > *max as usize)
        && !text.contains("accepts")
    {
        text += &format!("; the server accepts {max}");
    }
    text
}

fn overload_from(link: &Link, counts: &[usize]) -> Option<usize> {
    counts
        .iter()
        .copied()
        .filter(|n| overloaded(link, *n))
        .min()
}

fn shared(link: &Link) -> String {
    let others = link.background_flows();
    format!(
        "{others} other flows share the link; n connections get n/(n + {others}) of it, at the expense of the others"
    )
}

fn per_connection(link: &Link) -> String {
    let (each, factor) = per_connection_bps(link);
    let each_text = rate(each);
    let limit = match factor {
        LimitingFactor::Window => format!(
            "a window of {} over {} limits each connection to {each_text}",
            // A window is mostly a round number: 64 KiB, and not 64.0.
            size::iec(link.window_bytes()).replace(".0 ", " "),
            round_trip(link)
        ),
        LimitingFactor::Loss => format!(
            "losses of {} % limit each connection to {each_text}",
            number(link.loss() * 100.0)
        ),
        _ => format!("each connection is capped at {each_text}"),
    };
    let Some(full) = link.rate_bps() else {
        return format!("{limit}; each further one adds as much");
    };
    match (knee(link), link.max_connections()) {
        (Some(knee), _) => format!("{limit}; {knee} fill the {} link", rate(full)),
        (None, Some(most)) => format!(
            "{limit} and the server accepts {most}; together {} of the link's {}",
            rate(each * f64::from(most)),
            rate(full)
        ),
        (None, None) => format!("{limit}, until the link is shared with others"),
    }
}

fn millis(link: &Link) -> String {
    format!("{} ms", number(secs(link.accept()) * 1e3))
}

fn round_trip(link: &Link) -> String {
    format!("{} ms", number(secs(link.rtt()) * 1e3))
}

/// Formats a rate: `2 Mbit/s`, `3.5 Mbit/s`, `800 kbit/s`.
fn rate(bps: f64) -> String {
    if bps >= 1e9 {
        format!("{} Gbit/s", number(bps / 1e9))
    } else if bps >= 1e6 {
        format!("{} Mbit/s", number(bps / 1e6))
    } else {
        format!("{} kbit/s", number(bps / 1e3))
    }
}

/// Formats a number with two significant digits below ten, as a whole number above, without
/// trailing zeros.
fn number(value: f64) -> String {
    if value >= 10.0 {
        return format!("{value:.0}");
    }
    let digits = if value >= 1.0 { 1 } else { 3 };
    let text = format!("{value:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
