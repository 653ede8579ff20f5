//! The cause that limited a download for the longest time.

use std::time::Duration;

use crate::model::bottleneck::Bottleneck;

/// Share of the download for which a cause must hold to count as that of the whole.
const MIN_SHARE: f64 = 0.3;

/// Adds up the time of each cause.
#[derive(Debug, Default)]
pub(super) struct LongestCause {
    last: Duration,
    /// By kind: the latest cause, and its time.
    causes: Vec<(Bottleneck, Duration)>,
}

impl LongestCause {
    /// Records the cause at the time `now` since the start.
    pub fn record(&mut self, now: Duration, cause: Option<&Bottleneck>) {
        let time = now.saturating_sub(self.last);
        self.last = now;
        let Some(cause) = cause else { return };
        let known = self
            .causes
            .iter_mut()
            .find(|(known, _)| known.name() == cause.name());
        match known {
            Some(known) => *known = (cause.clone(), known.1 + time),
            None => self.causes.push((cause.clone(), time)),
        }
    }

    /// Returns the cause that held for the longest time, if that was a good part of the whole.
    pub fn longest(&self) -> Option<Bottleneck> {
        let (cause, time) = self.causes.iter().max_by_key(|(_, time)| *time)?;
        let least = self.last.as_secs_f64() * MIN_SHARE;
        (time.as_secs_f64() >= least).then(|| cause.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_of_the_longest_time_is_that_of_the_whole() {
        let link = |rate| Bottleneck::Unclear {
            rate,
            connections: 1,
        };
        let mut causes = LongestCause::default();
        causes.record(Duration::from_secs(2), None);
        causes.record(Duration::from_secs(3), Some(&link(1.0)));
        assert_eq!(causes.longest(), Some(link(1.0)));
        causes.record(Duration::from_secs(5), Some(&Bottleneck::DownloadSlot));
        assert_eq!(causes.longest(), Some(Bottleneck::DownloadSlot));
        causes.record(Duration::from_secs(9), Some(&link(2.0)));
        assert_eq!(causes.longest(), Some(link(2.0)));
        causes.record(Duration::from_secs(90), None);
        assert_eq!(causes.longest(), None);
    }
}
