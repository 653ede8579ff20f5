//! The parameter that an experiment sweeps, and its values.

use std::ops::RangeInclusive;

use lanes_shared::link::presets;
use lanes_shared::link::{LinkProfile, profile_name};
use lanes_shared::packet::{MAX_PACKET_LEN, MIN_PACKET_LEN};
use lanes_shared::sample::MAX_SAMPLE_LEN;
use serde::{Deserialize, Serialize};

use lanes_engine::MAX_CONNECTIONS;

/// A swept parameter with its values, in display order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "variable", content = "values", rename_all = "snake_case")]
pub enum Sweep {
    /// The number of connections.
    Connections(Vec<u16>),
    /// The length of a packet in bytes.
    PacketLen(Vec<u32>),
    /// The size of the file in bytes; the source must be a Lanes server that offers samples.
    FileSize(Vec<u64>),
    /// The link that the server emulates. As a plain number, a link is its index in this list.
    Link(Vec<LinkProfile>),
}

impl Sweep {
    /// Returns the values as plain numbers.
    pub fn values(&self) -> Vec<u64> {
        match self {
            Self::Connections(values) => values.iter().copied().map(u64::from).collect(),
            Self::PacketLen(values) => values.iter().copied().map(u64::from).collect(),
            Self::FileSize(values) => values.clone(),
            Self::Link(links) => (0..links.len() as u64).collect(),
        }
    }

    /// Returns the name of the parameter, as an axis label.
    pub fn label(&self) -> &'static str {
        match self {
            Self::Connections(_) => "connections",
            Self::PacketLen(_) => "packet size",
            Self::FileSize(_) => "file size",
            Self::Link(_) => "link",
        }
    }

    /// Returns whether both sweep the same parameter, so that their results can share one axis.
    /// Links are not numbers: the lists must be equal, so that equal indices mean equal links.
    pub fn is_comparable_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Link(these), Self::Link(those)) => these == those,
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }

    /// Returns the link at index `value`, if links are swept.
    pub(crate) fn link(&self, value: u64) -> Option<&LinkProfile> {
        match self {
            Self::Link(links) => links.get(usize::try_from(value).ok()?),
            Self::Connections(_) | Self::PacketLen(_) | Self::FileSize(_) => None,
        }
    }

    /// Returns the range of valid values.
    pub(crate) fn range(&self) -> RangeInclusive<u64> {
        match self {
            Self::Connections(_) => 1..=u64::from(MAX_CONNECTIONS),
            Self::PacketLen(_) => u64::from(MIN_PACKET_LEN)..=u64::from(MAX_PACKET_LEN),
            Self::FileSize(_) => 0..=MAX_SAMPLE_LEN,
            Self::Link(links) => 0..=links.len().saturating_sub(1) as u64,
        }
    }

    /// Returns the label of a value that occurs twice.
    pub(crate) fn duplicate(&self) -> Option<String> {
        if let Self::Link(links) = self {
            let mut all = links.iter().enumerate();
            let (_, twice) = all.find(|(index, link)| links[..*index].contains(link))?;
            return Some(link_label(twice));
        }
        let mut sorted = self.values();
        sorted.sort_unstable();
        let twice = sorted.windows(2).find(|two| two[0] == two[1])?;
        Some(twice[0].to_string())
    }
}

/// Returns the name of the preset that equals the profile, or the fields of the profile in one line.
pub fn link_label(profile: &LinkProfile) -> String {
    let mut presets = presets::all();
    let preset = presets.find(|preset| preset.profile() == *profile);
    preset.map_or_else(|| profile_name(profile), |preset| preset.name.to_owned())
}

#[cfg(test)]
mod tests {
    use lanes_shared::link::parse_profile;

    use super::*;

    #[test]
    fn links_are_compared_by_their_fields() {
        let link = |text: &str| parse_profile(text).unwrap();
        let two = Sweep::Link(vec![link("slow-4g"), link("clean-cable")]);
        assert_eq!((two.values(), two.duplicate()), (vec![0, 1], None));
        assert_eq!(two.link(1), Some(&link("clean-cable")));
        assert_eq!(two.link(2), None);
        let twice = Sweep::Link(vec![link("slow-4g"), link("rate_mbit = 1.6\nrtt_ms = 150")]);
        assert_eq!(twice.duplicate().as_deref(), Some("Slow 4G"));
        assert!(two.is_comparable_with(&two) && !two.is_comparable_with(&twice));
    }

    #[test]
    fn sweeps_of_numbers_are_comparable_whatever_their_values() {
        let counts = Sweep::Connections(vec![1, 5]);
        assert!(counts.is_comparable_with(&Sweep::Connections(vec![7])));
        assert!(!counts.is_comparable_with(&Sweep::PacketLen(vec![1, 5])));
        assert_eq!(
            Sweep::FileSize(vec![5, 1, 5]).duplicate().as_deref(),
            Some("5")
        );
    }
}
