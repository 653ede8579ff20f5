//! The limit in one sentence, as a screen or a command says it.

use super::super::{Link, secs};
use super::{LimitingFactor, knee, limiting_factor, overloaded, per_connection_bps};
use crate::size;

/// Says which limit binds when `len` bytes are fetched over these numbers of connections. One
/// sentence without a full stop.
pub fn explain(link: &Link, len: u64, counts: &[usize]) -> String {
    let fewest = counts.iter().copied().min().unwrap_or(1);
    let most = counts.iter().copied().max().unwrap_or(1);
    let mut text = match limiting_factor(link, len, fewest) {
        LimitingFactor::Open => return "no link is emulated; what limits is this machine".into(),
        LimitingFactor::LinkFull if fewest <= 1 => {
            "the link is full with one connection; more add nothing".into()
        }
        LimitingFactor::LinkFull => format!("{fewest} connections fill the link; more add nothing"),
        LimitingFactor::LinkShared => shared(link),
        LimitingFactor::SlowStart => {
            "the file is over before one connection is up to speed; several start faster".into()
        }
        LimitingFactor::Overload => {
            "the queue before the link is too short for these connections; they lose each other's packets".into()
        }
        LimitingFactor::Accepting => format!(
            "the server works {} for each connection, one after the other; more cost more than they bring",
            millis(link)
        ),
        LimitingFactor::Cap | LimitingFactor::Window | LimitingFactor::Loss | LimitingFactor::Refused => held(link),
    };
    if let Some(from) = overload_from(link, counts)
        && from > fewest
    {
        text += &format!("; from {from} on they lose each other's packets");
    } else if let Some(limit) = link
        .max_connections()
        .filter(|limit| most > *limit as usize)
        && !text.contains("takes")
    {
        text += &format!("; the server takes {limit}");
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
        "{others} other flows share the link; n connections take n of n + {others} parts, at the cost of the others"
    )
}

fn held(link: &Link) -> String {
    let (each, by) = per_connection_bps(link);
    let each_text = rate(each);
    let holds = match by {
        LimitingFactor::Window => format!(
            "a window of {} over {} brings each connection {each_text}",
            size::iec(link.window_bytes()),
            round_trip(link)
        ),
        LimitingFactor::Loss => format!(
            "losses of {} % hold each connection at {each_text}",
            number(link.loss() * 100.0)
        ),
        _ => format!("each connection is capped at {each_text}"),
    };
    let Some(full) = link.rate_bps() else {
        return format!("{holds}; every further one adds as much");
    };
    match (knee(link), link.max_connections()) {
        (Some(knee), _) => format!("{holds}; {knee} fill the {} link", rate(full)),
        (None, Some(most)) => format!(
            "{holds} and the server takes {most}; together {} of the link's {}",
            rate(each * f64::from(most)),
            rate(full)
        ),
        (None, None) => format!("{holds}, until the link is shared with others"),
    }
}

fn millis(link: &Link) -> String {
    format!("{} ms", number(secs(link.accept()) * 1e3))
}

fn round_trip(link: &Link) -> String {
    format!("{} ms", number(secs(link.rtt()) * 1e3))
}

/// A rate as people write it: `2 Mbit/s`, `3.5 Mbit/s`, `800 kbit/s`.
fn rate(bps: f64) -> String {
    if bps >= 1e9 {
        format!("{} Gbit/s", number(bps / 1e9))
    } else if bps >= 1e6 {
        format!("{} Mbit/s", number(bps / 1e6))
    } else {
        format!("{} kbit/s", number(bps / 1e3))
    }
}

/// Two significant digits below ten, whole numbers above, no trailing zeros.
fn number(value: f64) -> String {
    if value >= 10.0 {
        return format!("{value:.0}");
    }
    let digits = if value >= 1.0 { 1 } else { 3 };
    let text = format!("{value:.digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
