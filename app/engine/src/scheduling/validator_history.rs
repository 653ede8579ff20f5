//! The versions that a server reports for one file.
//!
//! A download takes bytes of one version. The nodes of a cluster may report different validators for the
//! same bytes, and some servers make new ones for each response. So another version is first a
//! suspicion: the caller compares bytes before it gives the download up.

use std::sync::{Mutex, MutexGuard};

use crate::model::resource_info::Version;
use crate::sync;

/// Most other versions that are remembered.
const MAX_EQUAL: usize = 16;

/// The version of a download, and other versions that the same server reported.
#[derive(Debug, Default)]
pub(crate) struct ValidatorHistory {
    state: Mutex<State>,
    /// Held by the connection that decides about another version.
    pub decision: Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    /// The version whose bytes count.
    current: Option<Version>,
    /// Set if a response of this run reported it.
    is_seen: bool,
    /// Other versions of which a sample was equal.
    equal: Vec<Version>,
    /// The latest other version.
    other: Option<Version>,
    /// Consecutive responses of other versions.
    others: u32,
    /// Set if these differed among themselves.
    is_unstable: bool,
    /// Set if the validators tell nothing, so that bytes are compared instead.
    is_loose: bool,
}

/// The latest responses of other versions than the current one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Others {
    /// Consecutive responses.
    pub count: u32,
    /// Set if all of them reported one version.
    pub is_stable: bool,
}

impl ValidatorHistory {
    /// Records a reported version; returns whether it is compatible with the current one, which is the
    /// one reported first.
    pub fn confirm(&self, version: &Version) -> bool {
        let mut state = self.state();
        let current = state.current.get_or_insert_with(|| version.clone());
        let is_current = current.is_compatible_with(version);
        if is_current {
            state.is_seen = true;
            (state.others, state.other, state.is_unstable) = (0, None, false);
        }
        is_current
    }

    /// Sets the version that an earlier run of the download recorded.
    pub fn set_recorded(&self, version: &Version) {
        self.state().current.get_or_insert_with(|| version.clone());
    }

    /// Replaces the current version if no response of this run reported it. Returns whether it did.
    pub fn replace_unseen(&self, version: &Version) -> bool {
        let mut state = self.state();
        if !state.is_seen {
            state.current = Some(version.clone());
        }
        !state.is_seen
    }

    /// Returns the current version, once the server reported one.
    pub fn current(&self) -> Option<Version> {
        self.state().current.clone()
    }

    /// Returns whether the server reported no validators for the bytes that count.
    pub fn is_unknown(&self) -> bool {
        let state = self.state();
        state
            .current
            .as_ref()
            .is_some_and(|version| !version.is_known())
    }

    /// Replaces the current version by another one that has the same bytes.
    pub fn replace(&self, version: Version) {
        let mut state = self.state();
        state.current = Some(version);
        (state.others, state.other, state.is_unstable) = (0, None, false);
    }

    /// Records a response of another version; returns all since the last one of the current version.
    pub fn record_other(&self, version: &Version) -> Others {
        let mut state = self.state();
        let differs = |other: &Version| !other.is_compatible_with(version);
        state.is_unstable |= state.other.as_ref().is_some_and(differs);
        state.other = Some(version.clone());
        state.others += 1;
        Others {
            count: state.others,
            is_stable: !state.is_unstable,
        }
    }

    /// Records that a sample of this other version was equal. Returns whether it is the first one.
    pub fn add_equal(&self, version: Version) -> bool {
        let equal = &mut self.state().equal;
        let is_first = equal.is_empty();
        if equal.len() < MAX_EQUAL && !equal.contains(&version) {
            equal.push(version);
        }
        is_first
    }

    /// Returns whether a sample of this other version was equal.
    pub fn is_equal(&self, version: &Version) -> bool {
        self.state().equal.contains(version)
    }

    /// Records that the validators tell nothing.
    pub fn loosen(&self) {
        self.state().is_loose = true;
    }

    /// Returns whether the validators tell nothing.
    pub fn is_loose(&self) -> bool {
        self.state().is_loose
    }

    fn state(&self) -> MutexGuard<'_, State> {
        sync::lock(&self.state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn etag(text: &str) -> Version {
        Version::Validators {
            etag: Some(text.to_owned()),
            last_modified: None,
        }
    }

    #[test]
    fn other_versions_are_counted_until_the_current_one_returns() {
        let record = ValidatorHistory::default();
        assert!(record.confirm(&etag("\"a\"")) && !record.confirm(&etag("\"b\"")));
        let others = |count, is_stable| Others { count, is_stable };
        assert_eq!(record.record_other(&etag("\"b\"")), others(1, true));
        assert_eq!(record.record_other(&etag("\"b\"")), others(2, true));
        assert_eq!(record.record_other(&etag("\"c\"")), others(3, false));
        assert!(record.confirm(&etag("\"a\"")));
        assert_eq!(record.record_other(&etag("\"c\"")), others(1, true));
        record.replace(etag("\"c\""));
        assert!(record.confirm(&etag("\"c\"")) && !record.confirm(&etag("\"a\"")));
    }

    #[test]
    fn only_a_version_that_no_response_reported_is_replaced() {
        let record = ValidatorHistory::default();
        record.set_recorded(&etag("\"a\""));
        assert!(record.replace_unseen(&etag("\"b\"")));
        assert!(record.confirm(&etag("\"b\"")));
        assert!(!record.replace_unseen(&etag("\"a\"")));
        assert_eq!(record.current(), Some(etag("\"b\"")));
    }

    #[test]
    fn validators_that_appear_are_another_version() {
        let none = Version::Validators {
            etag: None,
            last_modified: None,
        };
        let record = ValidatorHistory::default();
        assert!(!record.is_unknown(), "no response yet");
        assert!(record.confirm(&none) && record.is_unknown());
        assert!(!record.confirm(&etag("1")) && record.confirm(&none));
        record.replace(etag("1"));
        assert!(record.confirm(&etag("1")) && !record.is_unknown());
    }

    #[test]
    fn equal_versions_are_remembered_up_to_a_limit() {
        let record = ValidatorHistory::default();
        assert!(record.add_equal(etag("1")) && !record.add_equal(etag("2")));
        for number in 0..100 {
            record.add_equal(etag(&format!("n{number}")));
        }
        assert!(record.is_equal(&etag("2")) && !record.is_equal(&etag("n99")));
    }
}
