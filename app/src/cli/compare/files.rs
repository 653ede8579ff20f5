//! Output files of an experiment.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;

use crate::cli::failure::Failure;
use crate::lab::Experiment;
use crate::lab::export::{Caption, ExperimentGroup, ExportError, to_csv, to_json, to_png, to_svg};
use crate::lab::report::conclusion::conclusion;
use crate::lab::report::metric::Metric;
use crate::lab::report::title::title;

/// The requested files.
#[derive(Debug, Args)]
pub(super) struct Files {
    /// Write all runs, summaries and the verdict as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write all runs as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Plot the completion times as SVG
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Plot the completion times as PNG
    #[arg(long, value_name = "FILE")]
    png: Option<PathBuf>,
}

impl Files {
    /// Checks the paths before the experiment, which may take long.
    pub(super) fn check(&self) -> Result<(), Failure> {
        let all = [&self.json, &self.csv, &self.svg, &self.png];
        for path in all.into_iter().flatten() {
            let folder = path
                .parent()
                .filter(|parent| !parent.as_os_str().is_empty());
            let wrong = if path.is_dir() {
                "this is a folder: give a file"
            } else if folder.is_some_and(|folder| !folder.is_dir()) {
                "no such folder: create it first"
            } else {
                continue;
            };
            return Err(Failure::usage(format!("{wrong}: {}", path.display())));
        }
        Ok(())
    }

    /// Writes the requested files. Tries all of them and returns the first error.
    pub(super) fn write(&self, experiment: &Arc<Experiment>) -> Result<(), Failure> {
        let all = std::slice::from_ref(experiment);
        let json = || {
            let group = ExperimentGroup {
                experiments: all.to_vec(),
                ..ExperimentGroup::default()
            };
            Ok(to_json(&group)?.into_bytes())
        };
        let csv = || Ok(to_csv(all).into_bytes());
        let caption = Caption {
            title: title(&[experiment]),
            finding: conclusion(experiment),
            ..Caption::default()
        };
        let svg = || Ok(to_svg(all, Metric::Time, &caption)?.into_bytes());
        let png = || to_png(all, Metric::Time, &caption);
        let written = [
            write(self.json.as_deref(), json),
            write(self.csv.as_deref(), csv),
            write(self.svg.as_deref(), svg),
            write(self.png.as_deref(), png),
        ];
        written.into_iter().collect()
    }
}

/// Writes an export, if a path is given.
fn write(
    path: Option<&Path>,
    export: impl FnOnce() -> Result<Vec<u8>, ExportError>,
) -> Result<(), Failure> {
    let Some(path) = path else {
        return Ok(());
    };
    let failed = || format!("cannot write {}", path.display());
    match export() {
        // The error of the runs is reported already, and the file would be an empty plot.
        Err(ExportError::NoRuns) => Ok(()),
        exported => {
            let bytes = exported.with_context(failed)?;
            Ok(fs::write(path, bytes).with_context(failed)?)
        }
    }
}
