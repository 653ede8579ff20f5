//! The number of connections that a server accepts, as its refusals show.
//!
//! A server that refuses further connections while it serves some is asked for half as many, and for half
//! of these if it refuses again, but never for fewer than it serves. A server that accepts further
//! connections and never answers them is asked for as many as it serves.

use std::time::{Duration, Instant};

/// Connections that were closed or reset before a response, after which they count as refused. One may
/// be an accident.
const MAX_STRIKES: u32 = 2;
/// Time after which such an accident is forgotten.
const STRIKE_AGE: Duration = Duration::from_secs(5);
/// Time after which a silent connection is forgotten; it takes some seconds to be seen.
const SILENCE_AGE: Duration = Duration::from_secs(60);

/// The strength of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The server says so, by status.
    Stated,
    /// The connection was refused, closed or reset before the response.
    Suspected,
    /// The server did not answer, while it answered others.
    StalledBody,
}

/// The number of connections that one server accepts.
#[derive(Debug, Clone, Default)]
pub(crate) struct HostTolerance {
    limit: Option<usize>,
    /// Time at which the limit was lowered last.
    lowered: Option<Instant>,
    strikes: u32,
    last_strike: Option<Instant>,
    /// Set if the limit was lowered, and the server has not served a new request since.
    is_unconfirmed: bool,
}

impl HostTolerance {
    /// Creates the tolerance that was learned earlier.
    pub fn remembered(limit: usize) -> Self {
        Self {
            limit: Some(limit.max(1)),
            ..Self::default()
        }
    }

    /// Returns whether `held` connections are all that the server accepts.
    pub fn is_reached(&self, held: usize) -> bool {
        self.limit.is_some_and(|limit| held >= limit)
    }

    /// Returns the limit, if there is one.
    pub fn limit(&self) -> Option<usize> {
        self.limit
    }

    /// Records that the server serves a new request. Returns the limit to remember, if it is new: the
    /// refusal was about the number of connections, and not about the URL.
    pub fn on_served(&mut self) -> Option<usize> {
        let is_new = std::mem::take(&mut self.is_unconfirmed);
        self.limit.filter(|_| is_new)
    }

    /// Records that the server refused a connection that began at `since`, one of `held`, while it
    /// serves `served` of them. Returns the new limit if that lowers it.
    pub fn on_refused(
        &mut self,
        refusal: Refusal,
        since: Instant,
        held: usize,
        served: usize,
    ) -> Option<usize> {
        if refusal != Refusal::Stated {
            let now = Instant::now();
            let age = match refusal {
                Refusal::StalledBody => SILENCE_AGE,
                Refusal::Stated | Refusal::Suspected => STRIKE_AGE,
            };
            let is_recent = |last: Instant| now - last < age;
            self.strikes = match self.last_strike.replace(now).is_some_and(is_recent) {
                true => self.strikes + 1,
                false => 1,
            };
            if self.strikes < MAX_STRIKES {
                return None;
            }
        }
        // It was begun before the limit was lowered, and says nothing about the new one.
        if self.lowered.is_some_and(|lowered| since <= lowered) {
            return None;
        }
        let now = self.limit.unwrap_or(usize::MAX).min(held);
        // A silent connection takes seconds to be seen, so that halves would take minutes.
        let half = match refusal {
            Refusal::StalledBody => 1,
            Refusal::Stated | Refusal::Suspected => now / 2,
        };
        let lower = served.max(half).max(1);
        if lower >= now && self.limit.is_some() {
            return None;
        }
        (self.limit, self.lowered, self.strikes) = (Some(lower), Some(Instant::now()), 0);
        self.is_unconfirmed = true;
        Some(lower)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(tolerance: &mut HostTolerance, held: usize, served: usize) -> Option<usize> {
        tolerance.on_refused(Refusal::Stated, Instant::now(), held, served)
    }

    #[test]
    fn each_refusal_halves_the_connections_down_to_one() {
        let mut tolerance = HostTolerance::default();
        assert!(!tolerance.is_reached(60));
        assert_eq!(refused(&mut tolerance, 8, 1), Some(4));
        assert_eq!(refused(&mut tolerance, 4, 1), Some(2));
        assert_eq!(refused(&mut tolerance, 2, 1), Some(1));
        assert_eq!(refused(&mut tolerance, 1, 0), None);
        assert!(tolerance.is_reached(1) && !tolerance.is_reached(0));
        assert_eq!(
            (tolerance.on_served(), tolerance.on_served()),
            (Some(1), None)
        );
        assert_eq!(HostTolerance::remembered(3).on_served(), None);
    }

    #[test]
    fn connections_that_are_served_are_kept() {
        let mut tolerance = HostTolerance::default();
        assert_eq!(refused(&mut tolerance, 8, 6), Some(6));
        assert_eq!(refused(&mut tolerance, 6, 6), None);
    }

    #[test]
    fn refusals_of_one_burst_count_once_and_an_accident_does_not() {
        let mut tolerance = HostTolerance::default();
        let burst = Instant::now();
        assert_eq!(refused(&mut tolerance, 8, 1), Some(4));
        let late = tolerance.on_refused(Refusal::Stated, burst, 8, 1);
        assert_eq!(late, None);
        let mut suspect = || tolerance.on_refused(Refusal::Suspected, Instant::now(), 4, 1);
        assert_eq!((suspect(), suspect()), (None, Some(2)));
    }

    #[test]
    fn silent_connections_are_left_at_once_and_one_is_an_accident() {
        let mut tolerance = HostTolerance::default();
        let mut silent = |held| tolerance.on_refused(Refusal::StalledBody, Instant::now(), held, 2);
        assert_eq!((silent(20), silent(20), silent(20)), (None, Some(2), None));
    }
}
