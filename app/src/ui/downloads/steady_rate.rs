//! The rate and the time left of a download held by a limit, averaged over a few seconds.
//!
//! A limited connection reads in bursts: the engine's mean over about a second jumps by a third, and the time
//! left with it.

use std::time::Duration;

use lanes_engine::{DownloadSnapshot, DownloadState, Timeline};

/// Time over which a limited rate is averaged.
const SPAN: Duration = Duration::from_secs(4);
/// Longest slot of a timeline that still resolves the span.
const COARSE: Duration = Duration::from_secs(1);

/// Returns the rate in bytes per second.
pub(crate) fn rate(download: &DownloadSnapshot) -> f64 {
    average(download).unwrap_or(download.rate)
}

/// Returns the time left.
pub(crate) fn time_left(download: &DownloadSnapshot) -> Option<Duration> {
    let left = download.len?.saturating_sub(download.done) as f64;
    match average(download) {
        Some(rate) if rate >= 1.0 => Duration::try_from_secs_f64(left / rate).ok(),
        _ => download.time_left,
    }
}

/// Returns the average of a limited download that has run for long enough.
fn average(download: &DownloadSnapshot) -> Option<f64> {
    let timeline = &*download.timeline;
    let is_running = download.state == DownloadState::Running && download.outage.is_none();
    let is_apt = is_running && is_limited(download) && timeline.slot <= COARSE;
    (is_apt && timeline.until >= SPAN).then(|| average_of(timeline))
}

fn is_limited(download: &DownloadSnapshot) -> bool {
    let state = lanes_engine::ConnectionState::Limited;
    download.connections.iter().any(|one| one.state == state)
}

/// Returns the average over the last [`SPAN`] of a timeline.
fn average_of(timeline: &Timeline) -> f64 {
    let slot = timeline.slot.as_secs_f64();
    let last = timeline.slots();
    let first = last.saturating_sub((SPAN.as_secs_f64() / slot).ceil() as usize);
    let bytes = timeline.tracks.iter().map(|track| {
        let slots = track.bytes.get(first..).unwrap_or_default();
        slots.iter().copied().map(f64::from).sum::<f64>()
    });
    let secs = timeline.until.as_secs_f64() - slot * first as f64;
    bytes.sum::<f64>() / secs.max(slot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use lanes_engine::Track;

    #[test]
    fn bursts_of_a_limited_connection_are_averaged() {
        // A burst of 1 MB every second, in slots of 100 ms.
        let bytes = (0..100)
            .map(|slot| if slot % 10 == 0 { 1e6 } else { 0.0 })
            .collect();
        let timeline = Timeline {
            slot: Duration::from_millis(100),
            until: Duration::from_millis(9_950),
            tracks: vec![Track {
                bytes,
                ..Track::default()
            }],
            ..Timeline::default()
        };
        let rate = average_of(&timeline);
        assert!((0.9e6..1.1e6).contains(&rate), "{rate}");
    }
}
