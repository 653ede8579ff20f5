//! The measurements of one experiment that a client sends to the server of a class.
//!
//! 1. A result holds what a plot of the class needs: the name that the student gave, the file, the link,
//!    and for each value the number of runs with their median and spread. It holds no path, no host name and
//!    no address.
//! 2. Every length is bounded: [`ClassResult::cleaned`] makes what a client builds fit the bounds, and takes
//!    control characters and hidden ones out of what came from a client.

use serde::{Deserialize, Serialize};

use crate::visible_text::cleaned;

/// Maximum length of a name, in characters.
pub const MAX_NAME_CHARS: usize = 40;
/// Maximum length of the other texts, in characters.
pub const MAX_TEXT_CHARS: usize = 100;
/// Maximum length of a text on the wire, in bytes: [`MAX_TEXT_CHARS`] characters of four bytes.
pub const MAX_TEXT_LEN: usize = 4 * MAX_TEXT_CHARS;
/// Maximum number of values of a result.
pub const MAX_POINTS: usize = 64;
/// Maximum completion time in microseconds: 30 days.
pub const MAX_TIME_US: u64 = 30 * 24 * 3600 * 1_000_000;

/// The measurements of one experiment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassResult {
    /// Name that the student gave; may be empty.
    pub name: String,
    /// Name of the file.
    pub file: String,
    /// Length of the file in bytes; 0 if it is varied.
    pub file_len: u64,
    /// Transfer mode.
    pub mode: ClassMode,
    /// The varied quantity.
    pub varied: Varied,
    /// Number of connections; 0 if it is varied.
    pub connections: u16,
    /// Length of a packet in bytes; 0 if it is varied.
    pub packet_len: u32,
    /// Id of the preset of the link, or its fields in one line; empty for the server's own link.
    pub link: String,
    /// The measured values, at least one.
    pub points: Vec<ClassPoint>,
}

/// The runs of one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassPoint {
    /// The value. A varied link is numbered from 0.
    pub value: u64,
    /// Name of a varied link; empty for numbers.
    pub label: String,
    /// Number of good runs, at least one.
    pub runs: u32,
    /// Number of failed runs.
    pub failed: u32,
    /// Median completion time in microseconds.
    pub median_us: u64,
    /// Shortest completion time in microseconds.
    pub min_us: u64,
    /// Longest completion time in microseconds.
    pub max_us: u64,
}

/// The varied quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Varied {
    /// The number of connections.
    Connections = 0,
    /// The length of a packet in bytes.
    PacketLen = 1,
    /// The length of the file in bytes.
    FileSize = 2,
    /// The link.
    Link = 3,
}

impl Varied {
    /// All quantities, by code.
    pub const ALL: [Self; 4] = [
        Self::Connections,
        Self::PacketLen,
        Self::FileSize,
        Self::Link,
    ];

    /// Returns the name, as an axis label.
    pub fn label(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::PacketLen => "packet size",
            Self::FileSize => "file size",
            Self::Link => "link",
        }
    }
}

/// The transfer mode of an experiment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum ClassMode {
    /// Plain bytes over one connection.
    Stream = 0,
    /// Packets over one connection.
    Packets = 1,
    /// Packets over several connections.
    Parallel = 2,
}

impl ClassMode {
    /// All modes, by code.
    pub const ALL: [Self; 3] = [Self::Stream, Self::Packets, Self::Parallel];

    /// Returns the name.
    pub fn label(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Packets => "packets",
            Self::Parallel => "parallel",
        }
    }
}

/// The field of a result that makes it invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("invalid {0}")]
pub struct InvalidResult(pub &'static str);

impl ClassResult {
    /// Returns the result with texts that fit the bounds, without control characters and hidden ones.
    pub fn cleaned(mut self) -> Self {
        self.name = cleaned(&self.name, MAX_NAME_CHARS);
        self.file = cleaned(&self.file, MAX_TEXT_CHARS);
        self.link = cleaned(&self.link, MAX_TEXT_CHARS);
        for point in &mut self.points {
            point.label = cleaned(&point.label, MAX_TEXT_CHARS);
        }
        self
    }

    /// Checks the numbers and the lengths.
    ///
    /// # Errors
    /// The first field that is out of its bounds.
    pub fn check(&self) -> Result<(), InvalidResult> {
        if [&self.name, &self.file, &self.link]
            .iter()
            .any(|text| text.len() > MAX_TEXT_LEN)
        {
            return Err(InvalidResult("text"));
        }
        if !(1..=MAX_POINTS).contains(&self.points.len()) {
            return Err(InvalidResult("number of values"));
        }
        self.points.iter().try_for_each(ClassPoint::check)
    }

    /// Returns whether both hold the same measurements, whatever the name.
    pub fn is_same_experiment(&self, other: &Self) -> bool {
        self.points == other.points && self.is_same_task(other)
    }

    /// Returns whether both measure the same task, so that they can share one plot.
    pub fn is_same_task(&self, other: &Self) -> bool {
        let task = |one: &Self| {
            let fixed = (one.file_len, one.connections, one.packet_len);
            (one.mode, one.varied, fixed)
        };
        task(self) == task(other) && self.link == other.link && self.file == other.file
    }

    /// Returns the approximate length in memory, in bytes.
    pub fn size(&self) -> usize {
        let labels: usize = self.points.iter().map(|point| point.label.len()).sum();
        let points = self.points.len() * size_of::<ClassPoint>();
        let texts = self.name.len() + self.file.len() + self.link.len();
        size_of::<Self>() + points + labels + texts
    }
}

impl ClassPoint {
    fn check(&self) -> Result<(), InvalidResult> {
        let times = [self.min_us, self.median_us, self.max_us];
        if self.label.len() > MAX_TEXT_LEN {
            Err(InvalidResult("text"))
        } else if self.runs == 0 {
            Err(InvalidResult("number of runs"))
        } else if !times.is_sorted() || self.max_us > MAX_TIME_US {
            Err(InvalidResult("time"))
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result() -> ClassResult {
        ClassResult {
            name: "Ada".to_owned(),
            file: "Data.jpg".to_owned(),
            file_len: 5_000_000,
            mode: ClassMode::Parallel,
            varied: Varied::Connections,
            connections: 0,
            packet_len: 65_536,
            link: "slow-4g".to_owned(),
            points: vec![ClassPoint {
                value: 8,
                label: String::new(),
                runs: 3,
                failed: 0,
                median_us: 2_000_000,
                min_us: 1_000_000,
                max_us: 3_000_000,
            }],
        }
    }

    #[test]
    fn texts_are_bounded_and_visible() {
        let sent = ClassResult {
            name: format!(" A\u{202e}da\r\n\tL. {}", "x".repeat(99)),
            link: "\u{200b}\0".to_owned(),
            ..result()
        };
        let cleaned = sent.cleaned();
        assert!(cleaned.name.starts_with("Ada L. xxx"), "{}", cleaned.name);
        assert_eq!(cleaned.name.chars().count(), MAX_NAME_CHARS);
        assert_eq!(cleaned.link, "");
    }

    #[test]
    fn impossible_measurements_are_named() {
        assert_eq!(result().check(), Ok(()));
        let with = |change: fn(&mut ClassResult)| {
            let mut changed = result();
            change(&mut changed);
            changed.check().unwrap_err().0
        };
        assert_eq!(with(|one| one.points.clear()), "number of values");
        assert_eq!(with(|one| one.points[0].runs = 0), "number of runs");
        assert_eq!(with(|one| one.points[0].median_us = 1), "time");
        assert_eq!(with(|one| one.points[0].max_us = u64::MAX), "time");
        assert_eq!(with(|one| one.file = "x".repeat(500)), "text");
    }

    #[test]
    fn another_name_is_the_same_experiment_and_other_times_are_not() {
        let mut other = result();
        other.name = "Grace".to_owned();
        assert!(result().is_same_experiment(&other));
        other.points[0].median_us += 1;
        assert!(!result().is_same_experiment(&other) && result().is_same_task(&other));
        other.link.clear();
        assert!(!result().is_same_task(&other));
    }
}
