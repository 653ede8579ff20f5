//! The screens of the window.

/// A screen of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Screen {
    /// Downloads.
    Downloads,
    /// Experiments.
    Compare,
    /// Guided experiments.
    Lessons,
    /// The local server.
    Server,
    /// Settings.
    Settings,
    /// The race.
    Race,
}
