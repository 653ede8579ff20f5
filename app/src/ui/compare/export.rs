//! Experiments as files, for other programs.

use crate::lab::export::{ExperimentGroup, ExportError, to_csv, to_json, to_png, to_svg};
use crate::lab::report::metric::Metric;
use crate::ui::background::Format;

/// The experiments in these formats, each with the name of its file. May take long: runs in a thread of
/// its own.
///
/// # Errors
/// In words.
pub(crate) fn files(
    formats: &[Format],
    kept: &ExperimentGroup,
    metric: Metric,
) -> Result<Vec<(&'static str, Vec<u8>)>, String> {
    let bytes = |format: &Format| -> Result<Vec<u8>, ExportError> {
        let all = &kept.experiments;
        Ok(match format {
            Format::Csv => to_csv(all).into_bytes(),
            Format::Json => to_json(kept)?.into_bytes(),
            Format::Svg => to_svg(all, metric)?.into_bytes(),
            Format::Png => to_png(all, metric)?,
        })
    };
    let file = |format: &Format| bytes(format).map(|bytes| (format.file_name(), bytes));
    formats
        .iter()
        .map(file)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("The export cannot be made: {error}"))
}
