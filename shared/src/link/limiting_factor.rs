//! Limiting factor in closed form, as text, and the guide lines of the plot.
//!
//! 1. One connection has the rate r = min(cap, window ÷ RTT, MSS · W(p) ÷ RTT). W(p) is the mean
//!    window under random loss: 1.22 ÷ √p for Reno (Mathis, Semke, Mahdavi, Ott 1997), and for
//!    CUBIC the larger of that and 1.054 (RTT ÷ p)^¾ (RFC 9438, section 5.2, C = 0.4).
//! 2. N connections have the rate X(N) = min(N·r, U(N) · C · N ÷ (N + B)), where C is the link's
//!    rate without headers and B the number of background flows (Hacker, Athey, Noble 2002).
//! 3. U(N) is 1 unless the buffer is short: see [`utilisation`].
//! 4. The simulation is the prediction; this module only names the limit and computes the guide
//!    lines.

use super::{Congestion, INITIAL_WINDOW, Link, MSS, MTU, secs};

mod explain;
mod what_if;

pub use explain::explain;
pub use what_if::{Improvement, best_improvement};

/// Limit that binds a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LimitingFactor {
    /// None: nothing is emulated.
    Open,
    /// Server's cap on each connection.
    Cap,
    /// Receive window of each connection.
    Window,
    /// Random loss on each connection.
    Loss,
    /// Rate of the link.
    LinkFull,
    /// Rate of the link, which is shared with background flows.
    LinkShared,
    /// Policer, which drops what exceeds its rate.
    Policed,
    /// Slow start: the file ends before the connections reach full speed.
    SlowStart,
    /// So many connections share a short queue that they cause each other's losses.
    Overload,
    /// Server's work per accepted connection.
    Accepting,
    /// Server's connection limit.
    Refused,
}

impl LimitingFactor {
    /// Returns a short label for a table.
    pub fn label(self) -> &'static str {
        match self {
            Self::Open => "no emulation",
            Self::Cap => "cap per connection",
            Self::Window => "window",
            Self::Loss => "loss",
            Self::LinkFull => "link full",
            Self::LinkShared => "link shared",
            Self::Policed => "policer",
            Self::SlowStart => "slow start",
            Self::Overload => "too many connections",
            Self::Accepting => "accept time",
            Self::Refused => "connection limit",
        }
    }
}

/// Returns the mean window of one flow with loss probability `p`, in segments. Infinite without
/// loss, without congestion control, and for BBR, which takes random loss for no sign of congestion.
pub fn mean_window(congestion: Congestion, rtt_secs: f64, p: f64) -> f64 {
    if p <= 0.0 || matches!(congestion, Congestion::Fixed | Congestion::Bbr) {
        return f64::INFINITY;
    }
    let reno = 1.22 / p.sqrt();
    match congestion {
        Congestion::Cubic => reno.max(1.054 * (rtt_secs / p).powf(0.75)),
        _ => reno,
    }
}

/// Returns the utilisation (0 to 1) of a link whose buffer holds `b` bandwidth-delay products,
/// under `n` flows that multiply their windows by `beta` at each loss.
///
/// One flow: the window rises linearly from β(1 + b) to 1 + b, in units of the bandwidth-delay
/// product. Below 1 the link idles and a round trip delivers one window; above 1 the link is full.
/// The data of a cycle divided by its duration is (1 + b)² (1 − β²) ÷ (1 + b² + 2b + 1 − 2β(1 +
/// b)), or 1 when β(1 + b) ≥ 1; for β = ½ that is ¾ (1 + b)² ÷ (1 + b + b²), and ¾ without a
/// buffer. N unsynchronized flows: 1 − 1 ÷ (1 + cN) (Altman, Barman, Tuffin, Vojnović 2006), with c
/// chosen to match one flow.
pub fn utilisation(n: usize, beta: f64, b: f64) -> f64 {
    let top = 1.0 + b;
    let bottom = beta * top;
    if bottom >= 1.0 {
        return 1.0;
    }
    // Per cycle: the round trips below the full link, then the time for which the link is full.
    let idle_time = 1.0 - bottom;
    let full_time = (top * top - 1.0) / 2.0;
    let delivered = (top * top - bottom * bottom) / 2.0;
    let one = delivered / (idle_time + full_time);
    let c = one / (1.0 - one);
    1.0 - 1.0 / (1.0 + c * n as f64)
}

/// Returns the rate of one connection on an uncontended link, in bit/s of payload, and its limit.
/// Infinite without a limit.
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
    let min = |a: (f64, LimitingFactor), b: (f64, LimitingFactor)| if b.0 < a.0 { b } else { a };
    limits
        .into_iter()
        .fold((f64::INFINITY, LimitingFactor::LinkFull), min)
}

/// Returns the number of connections, of `n`, that the server accepts.
fn accepted(link: &Link, n: usize) -> usize {
    let max = link
        .max_connections()
        .map_or(usize::MAX, |max| max as usize);
    n.clamp(1, max.max(1))
}

/// Returns the link's share for `n` connections, in bit/s of payload; `None` when the rate is
/// unlimited.
fn link_share_bps(link: &Link, n: usize) -> Option<f64> {
    let goodput = link.goodput_bps()?;
    let others = f64::from(link.background_flows());
    let beta = match link.congestion() {
        Congestion::Cubic => super::cubic::BETA,
        Congestion::Reno => 0.5,
        // BBR keeps its rate, and fills the link without a buffer.
        Congestion::Bbr | Congestion::Fixed => 1.0,
    };
    let product = link.bandwidth_delay_bytes().max(1) as f64;
    let full = utilisation(
        n + others as usize,
        beta,
        link.buffer_bytes() as f64 / product,
    );
    Some(goodput * full * n as f64 / (n as f64 + others))
}

/// Returns the total rate X(N) of `n` connections after slow start, in bit/s of payload. Infinite
/// without a limit.
pub fn aggregate_bps(link: &Link, n: usize) -> f64 {
    let n = accepted(link, n);
    let own = n as f64 * per_connection_bps(link).0;
    own.min(link_share_bps(link, n).unwrap_or(f64::INFINITY))
}

/// Returns the smallest number of connections that fills the link: N* = C ÷ r, rounded up. `None`
/// when there is none (unlimited rate, or the server accepts too few), or when the link is shared
/// and every further connection increases the rate.
pub fn knee(link: &Link) -> Option<usize> {
    let rate = link.goodput_bps()?;
    // Behind a policer each loses packets, and a further one uses more of the rate.
    if link.background_flows() > 0 || is_policed(link) {
        return None;
    }
    let n = (rate / per_connection_bps(link).0).ceil().max(1.0) as usize;
    (accepted(link, n) == n).then_some(n)
}

/// Returns the guide line of the link: the time for `len` bytes at the full rate, in seconds.
/// `None` when the rate is unlimited.
pub fn link_line_secs(link: &Link, len: u64) -> Option<f64> {
    Some(8.0 * len as f64 / link.goodput_bps()?)
}

/// Returns the guide line of the connections: the time for `len` bytes over `n` connections on an
/// unlimited link, in seconds. `None` when a connection has no limit of its own.
pub fn connections_line_secs(link: &Link, len: u64, n: usize) -> Option<f64> {
    let r = per_connection_bps(link).0;
    r.is_finite()
        .then(|| 8.0 * len as f64 / (accepted(link, n) as f64 * r))
}

/// Returns the duration of slow start for `n` connections, in seconds: the window doubles from ten
/// segments each round trip (RFC 6928).
fn slow_start_secs(link: &Link, len: u64, n: usize) -> f64 {
    let rtt = secs(link.rtt());
    let each = aggregate_bps(link, n) / accepted(link, n) as f64;
    let full = each * rtt / 8.0 / MSS as f64;
    // A flow that ends in slow start has sent its share after log₂(share ÷ 10 + 1) round trips.
    let share = len as f64 / MSS as f64 / n as f64;
    let first = f64::from(INITIAL_WINDOW);
    let rounds = (full / first).min(share / first + 1.0).max(1.0).log2();
    rtt * rounds
}

/// Returns the completion time in closed form, in seconds: T(N) ≈ 2 RTT + slow start + size ÷ X(N).
/// Data delivered during slow start is neglected, so short files complete sooner.
pub fn estimate_secs(link: &Link, len: u64, n: usize) -> f64 {
    let accept_secs = secs(link.accept()) * accepted(link, n) as f64;
    let transfer_secs = 8.0 * len as f64 / aggregate_bps(link, n);
    2.0 * secs(link.rtt()) + accept_secs + slow_start_secs(link, len, n) + transfer_secs
}

/// Minimum capacity per flow, in segments. With less, most losses end in a timeout, because fewer
/// than three later segments arrive to reveal them.
const MIN_SEGMENTS_PER_FLOW: f64 = 2.5;

/// Returns the limit that binds when `len` bytes are fetched over `n` connections.
///
/// ```
/// use lanes_shared::link::limiting_factor::{LimitingFactor, explain, limiting_factor};
/// use lanes_shared::link::presets::preset;
///
/// let link = preset("throttled-mirror").unwrap().link();
/// assert_eq!(limiting_factor(&link, 10_000_000, 1), LimitingFactor::Cap);
/// assert_eq!(
///     explain(&link, 10_000_000, &[1]),
///     "each connection is capped at 2 Mbit/s; 25 fill the 50 Mbit/s link"
/// );
/// ```
pub fn limiting_factor(link: &Link, len: u64, n: usize) -> LimitingFactor {
    if link.is_open() {
        return LimitingFactor::Open;
    }
    let count = accepted(link, n);
    if overloaded(link, count) {
        return LimitingFactor::Overload;
    }
    let transfer_secs = 8.0 * len as f64 / aggregate_bps(link, n);
    if secs(link.accept()) * count as f64 > transfer_secs {
        return LimitingFactor::Accepting;
    }
    if slow_start_secs(link, len, n) > transfer_secs {
        return LimitingFactor::SlowStart;
    }
    let (each, limit) = per_connection_bps(link);
    let share = link_share_bps(link, count).unwrap_or(f64::INFINITY);
    if share <= count as f64 * each {
        return if is_policed(link) {
            LimitingFactor::Policed
        } else if link.background_flows() > 0 {
            LimitingFactor::LinkShared
        } else {
            LimitingFactor::LinkFull
        };
    }
    if n > count {
        LimitingFactor::Refused
    } else {
        limit
    }
}

/// Returns whether the policer and not the link limits the rate.
fn is_policed(link: &Link) -> bool {
    let rate = link.rate_bps().unwrap_or(f64::INFINITY);
    link.policer_bps().is_some_and(|policer| policer <= rate)
}

/// Returns whether link and buffer hold too few packets for `count` connections.
fn overloaded(link: &Link, count: usize) -> bool {
    let Some(rate) = link.goodput_bps().filter(|_| !is_policed(link)) else {
        return false;
    };
    let room = (link.bandwidth_delay_bytes() + link.buffer_bytes()) as f64 / MTU as f64;
    let flows = count as f64 + f64::from(link.background_flows());
    // Connections limited by a cap or a window do not fill the buffer.
    let filling = count as f64 * per_connection_bps(link).0 > rate;
    filling && room / flows < MIN_SEGMENTS_PER_FLOW
}
