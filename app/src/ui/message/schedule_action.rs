//! Actions of the user about the schedule.

/// An action about the schedule.
pub(crate) enum ScheduleAction {
    /// Downloads now, outside of the hours.
    IgnoreHours,
    /// Stops the countdown after the last download.
    StopCountdown,
    /// Does at once what the countdown announces.
    EndCountdown,
}
