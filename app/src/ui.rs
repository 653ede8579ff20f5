//! The window.

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum WindowError {
    /// There is nothing to open a window on.
    #[error("there is no display to open a window on")]
    NoDisplay,
}

/// Opens the window and returns when it was closed.
///
/// # Errors
/// When there is no display, or it gives no window.
pub fn run() -> Result<(), WindowError> {
    Err(WindowError::NoDisplay)
}
