//! `lanes get` of a Metalink file: a download of each file that it names.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{GetArgs, batch, destination, fetch_one, note};
use crate::cli::failure::Failure;
use crate::cli::terminal;
use crate::engine::metalink::{self, MetalinkFile};
use crate::engine::source::{Source, SourceError};
use crate::engine::{Destination, FetchError, Request, Stop};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// The file at a link.
    Link(Source),
    /// The files that a Metalink file on this machine names.
    Metalink(PathBuf),
}

impl FromStr for Wanted {
    type Err = SourceError;

    fn from_str(text: &str) -> Result<Self, SourceError> {
        match text.parse() {
            Err(SourceError::Scheme(_)) if metalink::is_name(text) => {
                Ok(Self::Metalink(text.into()))
            }
            parsed => parsed.map(Self::Link),
        }
    }
}

/// Downloads the files of the Metalink file at a path.
pub(super) fn open(args: &GetArgs, path: &Path, stop: &Stop) -> Result<(), Failure> {
    let files = metalink::open(path).map_err(Failure::Failed)?;
    get_all(args, &files, None, stop)
}

/// Downloads the files of the Metalink file at a link.
pub(super) fn fetch(args: &GetArgs, link: &Source, stop: &Stop) -> Result<(), Failure> {
    stop.rearm();
    let files = metalink::fetch(link, &args.http.options(), stop).map_err(|error| match error {
        FetchError::Stopped => Failure::Interrupted("Interrupted before any file came".into()),
        error => Failure::Failed(error.to_string()),
    })?;
    get_all(args, &files, Some(link), stop)
}

fn get_all(
    args: &GetArgs,
    files: &[MetalinkFile],
    from: Option<&Source>,
    stop: &Stop,
) -> Result<(), Failure> {
    if let [only] = files {
        return fetch_one(args, &request(args, only, from)?, stop).map(drop);
    }
    check(args, files.len()).map_err(Failure::Usage)?;
    let mut requests = Vec::new();
    for file in files {
        match request(args, file, from) {
            Ok(request) => requests.push(request),
            Err(Failure::Failed(reason)) => {
                terminal::say(&format!("error: {}: {reason}", file.name));
            }
            Err(failure) => return Err(failure),
        }
    }
    let all = files.len();
    let failed = all - requests.len() + batch::fetch_all(args, &requests, stop)?;
    match failed {
        0 => Ok(()),
        _ => Err(Failure::Failed(format!(
            "{failed} of {all} files were not saved"
        ))),
    }
}

/// What makes sense for one file only.
fn check(args: &GetArgs, files: usize) -> Result<(), String> {
    let output = args.output.as_deref().map(destination);
    if matches!(output, Some(Destination::File(_))) {
        return Err(format!(
            "the Metalink file names {files} files: give a folder as --output, with a slash at its end"
        ));
    }
    if args.checksum.is_some() || args.same_file {
        return Err(format!(
            "the Metalink file names {files} files: --checksum and --same-file are for one"
        ));
    }
    Ok(())
}

fn request(args: &GetArgs, file: &MetalinkFile, from: Option<&Source>) -> Result<Request, Failure> {
    for notice in &file.notices {
        note(args, notice);
    }
    let mut request = file.request().map_err(Failure::Failed)?;
    super::fill(args, &mut request)?;
    if file.keep_secrets(&mut request.http, from) {
        note(
            args,
            "the Metalink file leads to other servers: they are told neither who you are nor the further header fields",
        );
    }
    Ok(request)
}
