//! Experiments as text, for other programs.

use crate::lab::Experiment;
use crate::lab::export::{to_csv, to_json, to_svg};
use crate::ui::background::Format;

/// The experiment in these formats, each with the name of its file. May take long: runs in a thread of
/// its own.
///
/// # Errors
/// In words.
pub(crate) fn files(
    formats: &[Format],
    experiment: &Experiment,
) -> Result<Vec<(&'static str, String)>, String> {
    let text = |format: &Format| {
        let text = match format {
            Format::Csv => to_csv(experiment),
            Format::Json => to_json(experiment),
            Format::Svg => to_svg(experiment),
        };
        text.map(|text| (format.file_name(), text))
    };
    formats
        .iter()
        .map(text)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("The export cannot be made: {error}"))
}
