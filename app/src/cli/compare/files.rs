//! The files that an experiment is written to.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::cli::failure::Failure;
use crate::lab::Experiment;
use crate::lab::export::{ExperimentGroup, ExportError, to_csv, to_json, to_png, to_svg};
use crate::lab::report::metric::Metric;

/// Which files are wanted.
#[derive(Debug, Args)]
pub(super) struct Files {
    /// Write every run, the summaries and the verdict as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write every run as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Draw the completion times as SVG
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Draw the completion times as PNG
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
}

impl Files {
    /// Finds out before the experiment, which may take long, that a file cannot be written.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let all = [&self.json, &self.csv, &self.svg, &self.png];
        for path in all.into_iter().flatten() {
            let folder = path
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty());
            let wrong = if path.is_dir() {
                "this is a folder: name a file"
            } else if folder.is_some_and(|folder| !folder.is_dir()) {
                "there is no such folder: make it first"
            } else {
                continue;
            };
            return Err(Failure::Usage(format!("{wrong}: {}", path.display())));
        }
        Ok(())
    }

    /// Writes what is wanted; tries every file, and says what went wrong with the first.
    pub(super) fn write(&self, experiment: &Arc<Experiment>) -> Result<(), Failure> {
        let all = std::slice::from_ref(experiment);
        let json = || {
            let kept = ExperimentGroup {
                experiments: all.to_vec(),
                ..ExperimentGroup::default()
            };
            Ok(to_json(&kept)?.into_bytes())
        };
        let csv = || Ok(to_csv(all).into_bytes());
        let svg = || Ok(to_svg(all, Metric::Time)?.into_bytes());
        let png = || to_png(all, Metric::Time);
        let written = [
            write(self.json.as_deref(), json),
            write(self.csv.as_deref(), csv),
            write(self.svg.as_deref(), svg),
            write(self.png.as_deref(), png),
        ];
        written.into_iter().collect()
    }
}

/// Writes an export, if a path is given for it.
fn write(
    path: Option<&Path>,
    export: impl FnOnce() -> Result<Vec<u8>, ExportError>,
) -> Result<(), Failure> {
    let Some(path) = path else {
        return Ok(());
    };
    let failed = |words: String| Failure::Failed(format!("{words}: {}", path.display()));
    match export() {
        // Nothing ran well: that is said already, and a file would only hold an empty plot.
        Err(ExportError::NoRuns) => Ok(()),
        Err(error) => Err(failed(error.to_string())),
        Ok(bytes) => fs::write(path, bytes)
            .map_err(|error| failed(format!("cannot write the results: {error}"))),
    }
}
