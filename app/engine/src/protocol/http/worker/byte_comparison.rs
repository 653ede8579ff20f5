//! Fetches bytes that the file has already, and compares them.

use std::io::Read as _;
use std::ops::Range;

use super::body_writer::BUFFER_LEN;
use super::range_worker::RangeWorker;
use crate::protocol::error::RequestError;
use crate::protocol::http::client::body_reader::BodyReader;
use crate::protocol::http::parse::response_check::{Content, ResponseInfo};
use crate::storage::byte_comparison;
use crate::storage::download_file::OpenDownload;

/// Bytes that are compared of a server that serves only whole files, unless all are.
const WHOLE_FILE_SAMPLE: u64 = 1 << 20;

/// Result of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Differs,
    /// The body ended early, or is encoded.
    Unknown,
}

/// The response to a request for bytes that are present.
pub(super) struct Compared {
    pub info: ResponseInfo,
    /// Set if the response contains only the requested range.
    pub is_range: bool,
    pub bytes: Comparison,
}

/// Requests `range` and compares the response with the present bytes.
///
/// # Errors
/// The request has no usable response.
pub(super) fn fetch(
    worker: &mut RangeWorker<'_>,
    file: &OpenDownload,
    range: &Range<u64>,
) -> Result<Compared, RequestError> {
    let was_connected = worker.is_connected();
    let mut response = worker.request_bytes(range);
    if was_connected && matches!(response, Err(RequestError::Lost(_))) {
        // Many servers close an idle connection without notice.
        worker.reconnect()?;
        response = worker.request_bytes(range);
    }
    let response = response?;
    let (at, end) = match &response.content {
        Content::Part(bytes) => (bytes.start, bytes.end),
        Content::Whole | Content::Coded(_) => (0, response.info.len.unwrap_or(u64::MAX)),
    };
    let bytes = match &response.content {
        Content::Coded(_) => {
            worker.connection().transport.close_after_body();
            Comparison::Unknown
        }
        // Servers may limit the length of a response.
        _ => compare(worker, file, response.body, (at, end), range.end.min(end)),
    };
    Ok(Compared {
        info: response.info,
        is_range: matches!(response.content, Content::Part(_)),
        bytes,
    })
}

/// Compares `body`, which contains the bytes from `at` to `body_end`, up to offset `end`.
fn compare(
    worker: &mut RangeWorker<'_>,
    file: &OpenDownload,
    mut body: BodyReader,
    (mut at, body_end): (u64, u64),
    end: u64,
) -> Comparison {
    let transfer = worker.transfer;
    let mut buf = vec![0; BUFFER_LEN.min((end - at) as usize)];
    let result = loop {
        if at >= end {
            break Comparison::Equal;
        }
        let len = (end - at).min(buf.len() as u64) as usize;
        let Some(read) = body.read(&mut buf[..len]).ok().filter(|read| *read > 0) else {
            break Comparison::Unknown;
        };
        match byte_comparison::differs(file, at, &buf[..read]) {
            Ok(false) => at += read as u64,
            Ok(true) => break Comparison::Differs,
            Err(_) => break Comparison::Unknown,
        }
        transfer.throttle.consume(read as u64);
    };
    if result == Comparison::Equal && at == body_end {
        worker.set_connected(body.finish() == Some(true));
    } else {
        worker.connection().transport.close_after_body();
    }
    result
}

/// Compares samples from all over the file with those of the server.
///
/// # Errors
/// As [`fetch`].
pub(super) fn fetch_samples(
    worker: &mut RangeWorker<'_>,
    file: &OpenDownload,
    count: u64,
) -> Result<Comparison, RequestError> {
    for sample in byte_comparison::samples(file, count) {
        let compared = fetch(worker, file, &sample)?;
        if compared.bytes != Comparison::Equal {
            return Ok(compared.bytes);
        }
        if !compared.is_range {
            // Each further sample would take the whole file up to it.
            let first = 0..WHOLE_FILE_SAMPLE.min(file.info.len);
            return Ok(fetch(worker, file, &first)?.bytes);
        }
    }
    Ok(Comparison::Equal)
}

/// Compares samples and then, if these are equal, every byte.
///
/// # Errors
/// As [`fetch`].
pub(super) fn fetch_all(
    worker: &mut RangeWorker<'_>,
    file: &OpenDownload,
    samples: u64,
) -> Result<Comparison, RequestError> {
    match fetch_samples(worker, file, samples)? {
        Comparison::Equal => Ok(fetch(worker, file, &(0..file.info.len))?.bytes),
        unequal => Ok(unequal),
    }
}
