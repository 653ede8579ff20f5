//! Actions of the race.

/// An action of the race.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RaceAction {
    /// Starts a race and shows it.
    Start,
    /// Cancels the running race.
    Cancel,
    /// Leaves the race; cancels it if it runs.
    Close,
    /// Offers the race no more.
    Dismiss,
    /// Shows the Compare screen with the file and the link of the race.
    Compare,
}
