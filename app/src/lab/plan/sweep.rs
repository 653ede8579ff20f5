//! What an experiment varies.

use std::ops::RangeInclusive;

use lanes_shared::link::LinkProfile;
use lanes_shared::packet::{MAX_PACKET_LEN, MIN_PACKET_LEN};
use lanes_shared::sample::MAX_SAMPLE_LEN;
use serde::{Deserialize, Serialize};

use crate::engine::MAX_CONNECTIONS;

/// What an experiment varies, with the values in the order in which they are shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "variable", content = "values", rename_all = "snake_case")]
pub enum Sweep {
    /// The number of connections.
    Connections(Vec<u16>),
    /// The length of a packet in bytes.
    PacketLen(Vec<u32>),
    /// The size of the file in bytes; the source must be a Lanes server that has samples.
    FileSize(Vec<u64>),
    /// The link that the server emulates. As a plain number a link is its place in this list, from 0.
    Link(Vec<LinkProfile>),
}

impl Sweep {
    /// The values as plain numbers.
    pub fn values(&self) -> Vec<u64> {
        match self {
            Self::Connections(values) => values.iter().copied().map(u64::from).collect(),
            Self::PacketLen(values) => values.iter().copied().map(u64::from).collect(),
            Self::FileSize(values) => values.clone(),
            Self::Link(links) => (0..links.len() as u64).collect(),
        }
    }

    /// What is varied, in words: an axis label.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Connections(_) => "connections",
            Self::PacketLen(_) => "packet size",
            Self::FileSize(_) => "file size",
            Self::Link(_) => "link",
        }
    }

    /// Whether both vary the same thing, so that they can be laid over each other. Links are no
    /// numbers: only the same ones stand in the same places.
    pub fn is_comparable_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Link(these), Self::Link(those)) => these == those,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }

    /// The link that `value` stands for, where links are varied.
    pub(crate) fn link(&self, value: u64) -> Option<&LinkProfile> {
        match self {
            Self::Link(links) => links.get(usize::try_from(value).ok()?),
            Self::Connections(_) | Self::PacketLen(_) | Self::FileSize(_) => None,
        }
    }

    /// The values that can be run.
    pub(crate) fn range(&self) -> RangeInclusive<u64> {
        match self {
            Self::Connections(_) => 1..=u64::from(MAX_CONNECTIONS),
            Self::PacketLen(_) => u64::from(MIN_PACKET_LEN)..=u64::from(MAX_PACKET_LEN),
            Self::FileSize(_) => 0..=MAX_SAMPLE_LEN,
            Self::Link(links) => 0..=links.len().saturating_sub(1) as u64,
        }
    }

    /// A value that is there twice, in words.
    pub(crate) fn duplicate(&self) -> Option<String> {
        if let Self::Link(links) = self {
            let twice = |(at, link): (usize, &LinkProfile)| links[..at].contains(link);
            let at = (0..links.len()).find(|at| twice((*at, &links[*at])))?;
            return Some(crate::lab::report::label::value(self, at as u64));
        }
        let mut sorted = self.values();
        sorted.sort_unstable();
        let twice = sorted.windows(2).find(|two| two[0] == two[1])?;
        Some(twice[0].to_string())
    }
}

#[cfg(test)]
mod tests {
    use lanes_shared::link::named;

    use super::*;

    #[test]
    fn links_are_told_apart_by_what_they_hold() {
        let link = |text: &str| named(text).unwrap();
        let two = Sweep::Link(vec![link("slow-4g"), link("clean-cable")]);
        assert_eq!((two.values(), two.duplicate()), (vec![0, 1], None));
        assert_eq!(two.link(1), Some(&link("clean-cable")));
        assert_eq!(two.link(2), None);
        let twice = Sweep::Link(vec![link("slow-4g"), link("rate_mbit = 1.6\nrtt_ms = 150")]);
        assert_eq!(twice.duplicate().as_deref(), Some("Slow 4G"));
        assert!(two.is_comparable_with(&two) && !two.is_comparable_with(&twice));
    }

    #[test]
    fn numbers_of_one_kind_are_alike_whatever_they_are() {
        let counts = Sweep::Connections(vec![1, 5]);
        assert!(counts.is_comparable_with(&Sweep::Connections(vec![7])));
        assert!(!counts.is_comparable_with(&Sweep::PacketLen(vec![1, 5])));
        assert_eq!(
            Sweep::FileSize(vec![5, 1, 5]).duplicate().as_deref(),
            Some("5")
        );
    }
}
