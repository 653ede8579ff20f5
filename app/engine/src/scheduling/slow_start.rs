//! How TCP opens up.

/// TCP begins with so many bytes a round trip and doubles them (RFC 6928).
const FIRST_WINDOW: f64 = 14_600.0;

/// After how many round trips so many connections together bring `rate` bytes a second, over a path of this
/// round trip in seconds.
pub(crate) fn round_trips(rate: f64, round_trip: f64, connections: usize) -> f64 {
    let windows = rate * round_trip / (FIRST_WINDOW * connections as f64);
    windows.max(1.0).log2()
}
