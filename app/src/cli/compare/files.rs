//! The files that an experiment is written to.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::failure::Failure;
use crate::lab::Experiment;
use crate::lab::export::{ExportError, to_csv, to_json, to_svg};

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
}

impl Files {
    /// Finds out before the experiment, which may take long, that a file cannot be written.
    pub(super) fn check(&self) -> Result<(), Failure> {
        for path in [&self.json, &self.csv, &self.svg].into_iter().flatten() {
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
    pub(super) fn write(&self, experiment: &Experiment) -> Result<(), Failure> {
        type Export = fn(&Experiment) -> Result<String, ExportError>;
        let wanted: [(&Option<PathBuf>, Export); 3] = [
            (&self.json, to_json),
            (&self.csv, to_csv),
            (&self.svg, to_svg),
        ];
        let written: Vec<_> = wanted
            .into_iter()
            .filter_map(|(path, export)| Some(write(path.as_deref()?, &export(experiment))))
            .collect();
        written.into_iter().collect()
    }
}

fn write(path: &Path, exported: &Result<String, ExportError>) -> Result<(), Failure> {
    let failed = |words: String| Failure::Failed(format!("{words}: {}", path.display()));
    match exported {
        // Nothing ran well: that is said already, and a file would only hold an empty plot.
        Err(ExportError::NoRuns) => Ok(()),
        Err(error) => Err(failed(error.to_string())),
        Ok(text) => fs::write(path, text)
            .map_err(|error| failed(format!("cannot write the results: {error}"))),
    }
}
