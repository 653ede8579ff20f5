//! The screens of the window.

/// The screens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Screen {
    /// Downloads.
    Downloads,
    /// Experiments.
    Compare,
    /// The local server.
    Server,
    /// Settings.
    Settings,
}
