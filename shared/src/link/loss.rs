//! Random loss of data segments.

use super::random::{Draw, exponential, uniform};
use super::{Link, Ns};

/// Selects the transmissions that are lost before they reach the bottleneck.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Losses {
    /// Selected by the seed, with the probability of the profile.
    #[default]
    Hashed,
    /// In bursts, in which everything is lost (Gilbert 1960, with the good and the bad state in
    /// time).
    Bursts(Bursts),
    /// Every n-th transmission of each flow, as the models behind the formulas assume.
    #[cfg(test)]
    Every(u64),
    /// Selected by `tunlink` from this state of its generator, so that the model can be compared
    /// with the measured run.
    #[cfg(test)]
    Tunlink(u64),
}

/// The current or next burst.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bursts {
    start: Ns,
    end: Ns,
    count: u64,
}

impl Bursts {
    /// Returns whether `now` lies in a burst. The bursts last the given time on average, and all of
    /// them the given share of the time.
    #[cold]
    fn contain(&mut self, now: Ns, link: &Link) -> bool {
        let burst = link.loss_burst() as f64;
        let gap = burst * (1.0 - link.loss()) / link.loss();
        while self.end <= now {
            let draw = |mean, part| {
                exponential(mean, link.seed(), part, Draw::Burst, self.count).max(1.0) as Ns
            };
            self.start = self.end.saturating_add(draw(gap, 0));
            self.end = self.start.saturating_add(draw(burst, 1));
            self.count += 1;
        }
        now >= self.start
    }
}

impl Losses {
    /// Selects the losses of a link.
    pub(super) fn new(link: &Link) -> Self {
        if link.loss_burst() > 0 && link.loss() > 0.0 {
            return Self::Bursts(Bursts::default());
        }
        Self::Hashed
    }

    /// Returns whether transmission `serial` of the flow `key` at `now` is lost.
    #[inline]
    pub(super) fn is_lost(&mut self, now: Ns, link: &Link, key: u64, serial: u64) -> bool {
        let p = link.loss();
        match self {
            Self::Hashed => p > 0.0 && uniform(link.seed(), key, Draw::Loss, serial) < p,
            Self::Bursts(bursts) => bursts.contain(now, link),
            #[cfg(test)]
            Self::Every(every) => serial % *every == *every / 2,
            #[cfg(test)]
            Self::Tunlink(state) => tunlink_draw(state) < p,
        }
    }
}

/// Returns the next draw of `tunlink`'s generator (xorshift64), in `0.0..1.0`.
#[cfg(test)]
fn tunlink_draw(state: &mut u64) -> f64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 11) as f64 / (1u64 << 53) as f64
}
