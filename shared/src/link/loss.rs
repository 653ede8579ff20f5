//! Random loss of data segments.

use super::Link;
use super::random::{Draw, uniform};

/// Selects the transmissions that are lost before they reach the bottleneck.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Losses {
    /// Selected by the seed, with the probability of the profile.
    #[default]
    Hashed,
    /// Every n-th transmission of each flow, as the models behind the formulas assume.
    #[cfg(test)]
    Every(u64),
    /// Selected by `tunlink` from this state of its generator, so that the model can be compared
    /// with the measured run.
    #[cfg(test)]
    Tunlink(u64),
}

impl Losses {
    /// Returns whether transmission `serial` of the flow `key` is lost.
    pub(super) fn is_lost(&mut self, link: &Link, key: u64, serial: u64) -> bool {
        let p = link.loss();
        match self {
            Self::Hashed => p > 0.0 && uniform(link.seed(), key, Draw::Loss, serial) < p,
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
