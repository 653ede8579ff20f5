//! Experiments as text, for other programs.

use crate::lab::Experiment;
use crate::ui::background::Format;

/// The experiment in this format.
///
/// # Errors
/// In words.
pub(crate) fn text(format: Format, experiment: &Experiment) -> Result<String, String> {
    let _ = (format, experiment);
    Err("This build cannot export yet".to_owned())
}
