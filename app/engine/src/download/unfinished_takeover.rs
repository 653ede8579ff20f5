//! Takes over an unfinished file of another program before the first attempt: asks the server for the length,
//! reads the state, and hands both to the transfer.
//!
//! The length comes first: it tells whether the state is of this file, and where the state of some programs
//! begins.

use crate::model::outcome::FetchError;
use crate::model::source_url::Source;
use crate::protocol::http::client::metadata_request;
use crate::protocol::http::parse::resource_info_of_response::resource_info;
use crate::storage::unfinished::error::UnfinishedError;
use crate::storage::unfinished::found_file::FoundFile;
use crate::transfer::shared::Transfer;

/// Takes the file over that the specification names, unless a part file is resumed or the user wants to start
/// over.
///
/// # Errors
/// The file or its state cannot be used, or the server describes no file that it can belong to.
pub(super) fn run(transfer: &Transfer) -> Result<(), FetchError> {
    let context = &transfer.context;
    let spec = &context.spec;
    let wanted = spec.adopt.as_deref().filter(|_| !spec.restart);
    // A specification with another source is refused before.
    let (Some(path), None, Source::Http(url)) = (wanted, context.active(), &spec.source) else {
        return Ok(());
    };
    if context.is_stream {
        return Err(UnfinishedError::Stream.into());
    }
    let file = FoundFile::find(path)?;
    let described = metadata_request::describe(url, &spec.http, &transfer.cancel);
    let described = described.map_err(|error| match transfer.cancel.is_cancelled() {
        true => FetchError::Stopped,
        false => error,
    })?;
    let len = described.info.len.ok_or(UnfinishedError::UnknownLength)?;
    if !described.serves_ranges {
        return Err(UnfinishedError::NoRanges.into());
    }
    spec.check_len(len).map_err(FetchError::failed)?;
    let runs = file.claim(len)?;
    transfer.take_over(&resource_info(&described.info, len), &file, &runs)
}
