//! `lanes get` for a Metalink file: one download for each file that it lists.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::{GetArgs, UsageError, batch, destination, fetch_one, note};
use crate::cli::failure::Failure;
use crate::cli::terminal;
use lanes_engine::metalink::{self, MetalinkError, MetalinkFile};
use lanes_engine::{CancelToken, Destination, DownloadSpec, FetchError, OpenMetalinkError};
use lanes_engine::{Source, SourceUrlError};

/// An input of `lanes get`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Input {
    /// The URL of a file.
    Url(Source),
    /// The path of a Metalink file.
    Metalink(PathBuf),
}

impl FromStr for Input {
    type Err = SourceUrlError;

    fn from_str(text: &str) -> Result<Self, SourceUrlError> {
        match text.parse() {
            Err(SourceUrlError::Scheme(_)) if metalink::is_name(text) => {
                Ok(Self::Metalink(text.into()))
            }
            parsed => parsed.map(Self::Url),
        }
    }
}

/// Downloads the files of the Metalink file at a path.
pub(super) fn open(args: &GetArgs, path: &Path, stop: &CancelToken) -> Result<(), Failure> {
    let files = lanes_engine::open_metalink(path, stop).map_err(|error| match error {
        OpenMetalinkError::Parse {
            error: MetalinkError::Cancelled,
            ..
        } => interrupted(),
        error => Failure::failed(error),
    })?;
    get_all(args, &files, None, stop)
}

/// Downloads the files of the Metalink file at a URL.
pub(super) fn fetch(args: &GetArgs, url: &Source, stop: &CancelToken) -> Result<(), Failure> {
    stop.reset();
    let files = lanes_engine::fetch_metalink(url, &args.http.options()?, stop).map_err(
        |error| match error {
            FetchError::Stopped => interrupted(),
            error => Failure::failed(error),
        },
    )?;
    get_all(args, &files, Some(url), stop)
}

fn interrupted() -> Failure {
    Failure::Interrupted("Interrupted before any file was received".into())
}

fn get_all(
    args: &GetArgs,
    files: &[MetalinkFile],
    from: Option<&Source>,
    stop: &CancelToken,
) -> Result<(), Failure> {
    if let [only] = files {
        return fetch_one(args, &request(args, only, from)?, stop).map(drop);
    }
    check(args, files.len()).map_err(Failure::usage)?;
    let mut requests = Vec::new();
    for file in files {
        match request(args, file, from) {
            Ok(request) => requests.push(request),
            Err(Failure::Failed(reason)) => {
                terminal::print_error(&format!("error: {}: {reason:#}", file.name));
            }
            Err(failure) => return Err(failure),
        }
    }
    batch::run(args, &requests, files.len(), stop)
}

/// Refuses options that apply to a single file.
fn check(args: &GetArgs, files: usize) -> Result<(), UsageError> {
    let output = args.output.as_deref().map(destination);
    if matches!(output, Some(Destination::File(_) | Destination::Stdout)) {
        return Err(UsageError::FileForMany(files));
    }
    if args.has_single_file_option() {
        return Err(UsageError::SingleFileOption(files));
    }
    Ok(())
}

fn request(
    args: &GetArgs,
    file: &MetalinkFile,
    from: Option<&Source>,
) -> Result<DownloadSpec, Failure> {
    for notice in &file.notices {
        note(args, notice);
    }
    let mut request = file.to_spec().map_err(Failure::failed)?;
    super::apply_options(args, &mut request)?;
    if file.strip_credentials(&mut request.http, from) {
        note(
            args,
            "the Metalink file names the servers: credentials and additional header fields are not sent to them",
        );
    }
    Ok(request)
}
