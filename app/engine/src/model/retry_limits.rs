//! Limits of retries after failures that may be temporary.

use std::time::Duration;

/// Time for which a download without a window retries by default.
const RETRY_FOR: Duration = Duration::from_secs(300);

/// Limits of the retries of one download. Any progress, over any connection, resets them.
///
/// Failures that no retry can mend, such as a missing file, end a download at once. So do a few
/// failures before the server has answered, unless [`Self::from_start`] is set.
///
/// # Examples
/// ```
/// use lanes_engine::RetryLimits;
///
/// assert_eq!(RetryLimits::times(3).retries, Some(3));
/// assert_eq!(RetryLimits::UNTIL_PAUSED.retry_for, None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryLimits {
    /// Retries of a connection in a row without progress; `None` for no limit.
    pub retries: Option<u32>,
    /// Time without progress since the first failure; `None` for no limit.
    pub retry_for: Option<Duration>,
    /// Set if the limits also apply before the server has answered.
    pub from_start: bool,
}

impl Default for RetryLimits {
    fn default() -> Self {
        Self {
            retry_for: Some(RETRY_FOR),
            ..Self::UNTIL_PAUSED
        }
    }
}

impl RetryLimits {
    /// Retries until the user pauses the download.
    pub const UNTIL_PAUSED: Self = Self {
        retries: None,
        retry_for: None,
        from_start: false,
    };

    /// Returns limits of this many retries, however long they take.
    pub fn times(retries: u32) -> Self {
        Self {
            retries: Some(retries),
            ..Self::UNTIL_PAUSED
        }
    }
}
