//! Which limit binds, in closed form and in words, and the guide lines of the plot.
//!
//! 1. One connection brings r = min(cap, window ÷ RTT, MSS · W(p) ÷ RTT), with W(p) the mean
//!    window under random loss: 1.22 ÷ √p for Reno (Mathis, Semke, Mahdavi, Ott 1997) and for
//!    CUBIC the larger of that and 1.054 (RTT ÷ p)^¾ (RFC 9438, section 5.2, C = 0.4).
//! 2. N of them bring X(N) = min(N·r, U(N) · C · N ÷ (N + B)), C being what the link carries of a
//!    file and B the background flows (Hacker, Athey, Noble 2002).
//! 3. U(N) is 1 unless the buffer is short: see [`utilisation`].
//! 4. The simulation is the prediction; this only names the limit and draws the lines beside it.

use super::{Congestion, INITIAL_WINDOW, Link, MSS, MTU, secs};

mod explain;
mod what_if;

pub use explain::explain;
pub use what_if::{Improvement, best_improvement};

/// The limit that binds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitingFactor {
    /// Nothing is emulated.
    Open,
    /// The server's cap on each connection.
    Cap,
    /// The receive window of each connection.
    Window,
    /// Random loss on each connection.
    Loss,
    /// The link carries no more.
    LinkFull,
    /// The link is full and shared with flows of others.
    LinkShared,
    /// The file is over before the connections are up to speed.
    SlowStart,
    /// So many connections on so short a queue that they lose each other's packets.
    Overload,
    /// The server's work for each connection.
    Accepting,
    /// The server takes no more connections.
    Refused,
}

impl LimitingFactor {
    /// A word or two for a table.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Cap => "cap per connection",
            Self::Window => "window",
            Self::Loss => "loss",
            Self::LinkFull => "link full",
            Self::LinkShared => "link shared",
            Self::SlowStart => "slow start",
            Self::Overload => "too many connections",
            Self::Accepting => "accepting",
            Self::Refused => "server's limit",
        }
    }
}

/// The mean window of one flow that loses a share `p` of its segments, in segments. Infinite
/// without loss or without congestion control.
pub fn mean_window(congestion: Congestion, rtt_secs: f64, p: f64) -> f64 {
    if p <= 0.0 || congestion == Congestion::Fixed {
        return f64::INFINITY;
    }
    let reno = 1.22 / p.sqrt();
    match congestion {
        Congestion::Cubic => reno.max(1.054 * (rtt_secs / p).powf(0.75)),
        Congestion::Reno | Congestion::Fixed => reno,
    }
}

/// What a link with a buffer of `b` bandwidth-delay products carries under `n` flows that cut
/// their windows to a share `beta` at each loss, as a share of its rate.
///
/// One flow: the window rises linearly from β(1 + b) to 1 + b in units of the bandwidth-delay
/// product D. Below 1 the link idles and a round trip brings the window; above 1 it is full.
/// What a cycle brings, divided by how long it takes, is (1 + b)² (1 − β²) ÷ (1 + b² + 2b + 1 −
/// 2β(1 + b)), or 1 when β(1 + b) ≥ 1; for β = ½ that is ¾ (1 + b)² ÷ (1 + b + b²), and without a
/// buffer ¾. N flows that are not in step: 1 − 1 ÷ (1 + cN) (Altman, Barman, Tuffin, Vojnović 2006),
/// with c such that it is the former for one.
pub fn utilisation(n: usize, beta: f64, b: f64) -> f64 {
    let top = 1.0 + b;
    let bottom = beta * top;
    if bottom >= 1.0 {
        return 1.0;
    }
    // Per cycle: round trips below the full link, then the time that the full link needs.
    let idle_time = 1.0 - bottom;
    let full_time = (top * top - 1.0) / 2.0;
    let brought = (top * top - bottom * bottom) / 2.0;
    let one = brought / (idle_time + full_time);
    let c = one / (1.0 - one);
    1.0 - 1.0 / (1.0 + c * n as f64)
}

/// What one connection brings when the link does not hold it back, in bit/s of payload, and what
/// holds it. Infinite when nothing does.
pub fn per_connection_bps(link: &Link) -> (f64, LimitingFactor) {
    let rtt = secs(link.rtt());
    let per_rtt = |bytes: f64| {
        if rtt > 0.0 {
            8.0 * bytes / rtt
        } else {
            f64::INFINITY
        }
    };
    let window = if link.has_window() || link.congestion() != Congestion::Fixed {
        per_rtt(link.window_bytes() as f64)
    } else {
        f64::INFINITY
    };
    let segments = mean_window(link.congestion(), rtt, link.loss());
    let limits = [
        (link.cap_bps().unwrap_or(f64::INFINITY), LimitingFactor::Cap),
        (window, LimitingFactor::Window),
        (per_rtt(MSS as f64 * segments), LimitingFactor::Loss),
    ];
    let least = |a: (f64, LimitingFactor), b: (f64, LimitingFactor)| if b.0 < a.0 { b } else { a };
    limits
        .into_iter()
        .fold((f64::INFINITY, LimitingFactor::LinkFull), least)
}

/// How many of `n` connections the server takes.
fn taken(link: &Link, n: usize) -> usize {
    let most = link
        .max_connections()
        .map_or(usize::MAX, |most| most as usize);
    n.clamp(1, most.max(1))
}

/// The link's share for `n` connections, in bit/s of payload; `None` without a rate.
fn link_share_bps(link: &Link, n: usize) -> Option<f64> {
    let goodput = link.goodput_bps()?;
    let others = f64::from(link.background_flows());
    let beta = match link.congestion() {
        Congestion::Cubic => super::cubic::BETA,
        Congestion::Reno => 0.5,
        Congestion::Fixed => 1.0,
    };
    let product = link.bandwidth_delay_bytes().max(1) as f64;
    let full = utilisation(
        n + others as usize,
        beta,
        link.buffer_bytes() as f64 / product,
    );
    Some(goodput * full * n as f64 / (n as f64 + others))
}

/// What `n` connections bring together once they are up to speed, in bit/s of payload: X(N).
/// Infinite when nothing limits them.
pub fn aggregate_bps(link: &Link, n: usize) -> f64 {
    let n = taken(link, n);
    let own = n as f64 * per_connection_bps(link).0;
    own.min(link_share_bps(link, n).unwrap_or(f64::INFINITY))
}

/// The fewest connections that fill the link: N* = C ÷ r, rounded up. `None` when no number does
/// (no rate, or the server takes too few) or when the link is shared and more always take more.
pub fn knee(link: &Link) -> Option<usize> {
    let rate = link.goodput_bps()?;
    if link.background_flows() > 0 {
        return None;
    }
    let n = (rate / per_connection_bps(link).0).ceil().max(1.0) as usize;
    (taken(link, n) == n).then_some(n)
}

/// The guide line of the link: `len` bytes at the full rate, in seconds. `None` without a rate.
pub fn link_line_secs(link: &Link, len: u64) -> Option<f64> {
    Some(8.0 * len as f64 / link.goodput_bps()?)
}

/// The guide line of the connections: `len` bytes over `n` of them when the link is no limit, in
/// seconds. `None` when nothing limits a connection by itself.
pub fn connections_line_secs(link: &Link, len: u64, n: usize) -> Option<f64> {
    let r = per_connection_bps(link).0;
    r.is_finite()
        .then(|| 8.0 * len as f64 / (taken(link, n) as f64 * r))
}

/// How long until `n` connections are up to speed, in seconds: slow start doubles the window from
/// ten segments each round trip (RFC 6928).
fn slow_start_secs(link: &Link, len: u64, n: usize) -> f64 {
    let rtt = secs(link.rtt());
    let each = aggregate_bps(link, n) / taken(link, n) as f64;
    let full = each * rtt / 8.0 / MSS as f64;
    // A flow that ends in slow start has sent its share after log₂(share ÷ 10 + 1) round trips.
    let share = len as f64 / MSS as f64 / n as f64;
    let first = f64::from(INITIAL_WINDOW);
    let rounds = (full / first).min(share / first + 1.0).max(1.0).log2();
    rtt * rounds
}

/// The completion time in closed form: T(N) ≈ 2 RTT + slow start + size ÷ X(N), in seconds. What
/// slow start itself brings is neglected, so short files are quicker than this.
pub fn estimate_secs(link: &Link, len: u64, n: usize) -> f64 {
    let accepting = secs(link.accept()) * taken(link, n) as f64;
    let moving = 8.0 * len as f64 / aggregate_bps(link, n);
    2.0 * secs(link.rtt()) + accepting + slow_start_secs(link, len, n) + moving
}

/// With room for fewer segments than this for each connection most losses end in a time-out: no
/// three later segments tell of them.
const TOO_FEW: f64 = 2.5;

/// Which limit binds when `len` bytes are fetched over `n` connections.
pub fn limiting_factor(link: &Link, len: u64, n: usize) -> LimitingFactor {
    if link.is_open() {
        return LimitingFactor::Open;
    }
    let count = taken(link, n);
    if overloaded(link, count) {
        return LimitingFactor::Overload;
    }
    let moving = 8.0 * len as f64 / aggregate_bps(link, n);
    if secs(link.accept()) * count as f64 > moving {
        return LimitingFactor::Accepting;
    }
    if slow_start_secs(link, len, n) > moving {
        return LimitingFactor::SlowStart;
    }
    let (each, held_by) = per_connection_bps(link);
    let share = link_share_bps(link, count).unwrap_or(f64::INFINITY);
    if share <= count as f64 * each {
        return if link.background_flows() > 0 {
            LimitingFactor::LinkShared
        } else {
            LimitingFactor::LinkFull
        };
    }
    if n > count {
        LimitingFactor::Refused
    } else {
        held_by
    }
}

/// Whether `count` connections find too little room on the link and in its buffer.
fn overloaded(link: &Link, count: usize) -> bool {
    let Some(rate) = link.goodput_bps() else {
        return false;
    };
    let room = (link.bandwidth_delay_bytes() + link.buffer_bytes()) as f64 / MTU as f64;
    let flows = count as f64 + f64::from(link.background_flows());
    // Connections that a cap or a window holds back do not fill the buffer.
    let filling = count as f64 * per_connection_bps(link).0 > rate;
    filling && room / flows < TOO_FEW
}
