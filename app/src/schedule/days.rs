//! A set of days of the week.

use serde::{Deserialize, Serialize};

/// A set of days of the week: bit 0 is Monday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Days(u8);

impl Days {
    /// All seven days.
    pub(crate) const ALL: Self = Self(0x7f);
    /// Short names of the days, from Monday.
    pub(crate) const NAMES: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

    /// Returns whether a day is in the set; 0 is Monday, 6 is Sunday.
    pub(crate) fn has(self, day: u8) -> bool {
        self.0 & (1 << (day % 7)) != 0
    }

    /// Adds a day, or removes it.
    pub(crate) fn toggle(&mut self, day: u8) {
        self.0 ^= 1 << (day % 7);
    }

    /// Returns the day of a name, in any case and written out or not.
    pub(crate) fn parse(name: &str) -> Option<u8> {
        let start: String = name.to_ascii_lowercase().chars().take(3).collect();
        let is_day = |known: &&str| known.eq_ignore_ascii_case(&start);
        let day = Self::NAMES.iter().position(is_day)?;
        Some(day as u8)
    }
}
