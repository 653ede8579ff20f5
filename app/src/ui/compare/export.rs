//! Exports experiments as files.

use crate::lab::export::{ExperimentGroup, ExportError, to_csv, to_json, to_png, to_svg};
use crate::lab::report::metric::Metric;
use crate::ui::message::ExportFormat;

/// Converts the experiments into these formats; returns file names and contents. Slow: runs as a
/// background job.
///
/// # Errors
/// Returns a message for the user if a format fails.
pub(crate) fn files(
    formats: &[ExportFormat],
    kept: &ExperimentGroup,
    metric: Metric,
) -> Result<Vec<(&'static str, Vec<u8>)>, String> {
    let bytes = |format: &ExportFormat| -> Result<Vec<u8>, ExportError> {
        let all = &kept.experiments;
        Ok(match format {
            ExportFormat::Csv => to_csv(all).into_bytes(),
            ExportFormat::Json => to_json(kept)?.into_bytes(),
            ExportFormat::Svg => to_svg(all, metric)?.into_bytes(),
            ExportFormat::Png => to_png(all, metric)?,
        })
    };
    let file = |format: &ExportFormat| bytes(format).map(|bytes| (format.file_name(), bytes));
    formats
        .iter()
        .map(file)
        .collect::<Result<_, _>>()
        .map_err(|error| format!("Cannot export: {error}"))
}
