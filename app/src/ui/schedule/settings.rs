//! The stored settings of the schedule.

use std::collections::BTreeSet;

use lanes_engine::LastingId;
use serde::{Deserialize, Serialize};

use crate::schedule::{Hours, Moment};

/// Settings of the schedule.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct ScheduleSettings {
    /// Downloads run only within the hours.
    pub only_in_hours: bool,
    /// Hours in which downloads run.
    pub hours: Vec<Hours>,
    /// Another speed limit holds within some hours.
    pub limits_in_hours: bool,
    /// Hours of the other speed limit.
    pub limit_hours: Vec<Hours>,
    /// The other speed limit, as typed.
    pub limit: String,
    /// Command that runs after each finished download, as typed.
    pub command: String,
    /// The machine does not sleep while downloads run.
    pub keeps_awake: bool,
    /// Downloads that wait for the hours.
    pub held: BTreeSet<LastingId>,
}

impl ScheduleSettings {
    /// Returns whether downloads wait now.
    pub(crate) fn is_closed(&self, now: Moment) -> bool {
        let is_within = |hours: &Hours| hours.contain(now);
        // Without hours there is nothing to wait for.
        self.only_in_hours && !self.hours.is_empty() && !self.hours.iter().any(is_within)
    }

    /// Returns whether the other speed limit holds now.
    pub(crate) fn has_other_limit(&self, now: Moment) -> bool {
        self.limits_in_hours && self.limit_hours.iter().any(|hours| hours.contain(now))
    }

    /// Returns whether the time of the day matters.
    pub(crate) fn needs_clock(&self) -> bool {
        self.only_in_hours || self.limits_in_hours
    }
}
