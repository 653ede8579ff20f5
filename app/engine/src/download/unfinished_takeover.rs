//! Takes over an unfinished file of another program before the first attempt: asks the server for the length,
//! reads the state, and hands both to the transfer.
//!
//! The length comes first: it tells whether the state is of this file, and where the state of some programs
//! begins.

use std::time::Duration;

use crate::model::http_url::HttpUrl;
use crate::model::outcome::FetchError;
use crate::model::source_url::Source;
use crate::protocol::http::client::metadata_request::{self, Described};
use crate::protocol::http::parse::resource_info_of_response::resource_info;
use crate::storage::unfinished::error::UnfinishedError;
use crate::storage::unfinished::found_file::FoundFile;
use crate::transfer::shared::Transfer;

/// Pauses before further requests for the length.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

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
    let described = describe(transfer, url)?;
    let len = described.info.len.ok_or(UnfinishedError::UnknownLength)?;
    if !described.serves_ranges {
        return Err(UnfinishedError::NoRanges.into());
    }
    spec.check_len(len).map_err(FetchError::failed)?;
    let runs = file.claim(len)?;
    transfer.take_over(&resource_info(&described.info, len), &file, &runs)
}

/// Returns the description of the file at the server. Requests it again after failures that may pass.
fn describe(transfer: &Transfer, url: &HttpUrl) -> Result<Described, FetchError> {
    let options = &transfer.context.spec.http;
    let mut pauses = PAUSES.iter();
    loop {
        let error = match metadata_request::describe(url, options, &transfer.cancel) {
            Ok(described) => return Ok(described),
            Err(error) => error,
        };
        let pause = pauses
            .next()
            .filter(|_| matches!(error, FetchError::Failed(_)));
        if transfer.cancel.is_cancelled() {
            return Err(FetchError::Stopped);
        }
        match pause {
            Some(pause) if !transfer.cancel.sleep(*pause) => {}
            _ => return Err(error),
        }
    }
}
