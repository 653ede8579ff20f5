//! Experiments as text, for other programs.

use crate::lab::Experiment;
use crate::lab::export::{to_csv, to_json, to_svg};
use crate::ui::background::Format;

/// The experiment in this format. May take long: runs in a thread of its own.
///
/// # Errors
/// In words.
pub(crate) fn text(format: Format, experiment: &Experiment) -> Result<String, String> {
    let written = match format {
        Format::Csv => to_csv(experiment),
        Format::Json => to_json(experiment),
        Format::Svg => to_svg(experiment),
    };
    written.map_err(|error| format!("The export cannot be made: {error}"))
}
