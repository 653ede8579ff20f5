//! Number of round trips that TCP slow start takes to reach a rate.

/// Initial congestion window of TCP in bytes: ten segments (RFC 6928), doubled every round trip.
const INITIAL_WINDOW: f64 = 14_600.0;

/// Returns the round trips until `connections` connections together transfer `rate` bytes a second
/// over a path whose round trip takes `round_trip` seconds.
pub(super) fn round_trips(rate: f64, round_trip: f64, connections: usize) -> f64 {
    let windows = rate * round_trip / (INITIAL_WINDOW * connections as f64);
    windows.max(1.0).log2()
}
