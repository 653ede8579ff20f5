//! Requests bytes that are already on disk and compares them, to check that the server still has the same
//! file.

use std::io::Read as _;
use std::ops::Range;
use std::time::{Duration, Instant};

use super::body_writer::BUFFER_LEN;
use super::server_connection::ServerConnection;
use crate::model::resource_info::Version;
use crate::protocol::error::{Rejection, RequestError};
use crate::protocol::http::client::body_reader::BodyReader;
use crate::protocol::http::client::request_with_redirects::HttpResponse;
use crate::protocol::http::parse::response_check::{Content, RangeRequest, ResponseInfo};
use crate::storage::open_download::OpenDownload;
use crate::storage::sample_comparison;
use crate::transfer::shared::Transfer;

/// Bytes that are compared of a server that serves only whole files, unless all are.
pub(super) const WHOLE_FILE_SAMPLE: u64 = 1 << 20;

/// Longest wait for the first bytes to compare with.
const MAX_WAIT: Duration = Duration::from_secs(3);
/// Interval of the checks whether there are any.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

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

/// Bytes of a response, and the description of the file in its head.
pub(super) struct Sample {
    pub info: ResponseInfo,
    pub bytes: Vec<u8>,
}

impl Sample {
    /// Returns whether both have equal bytes, as far as both go.
    pub fn has_bytes_of(&self, other: &Self) -> bool {
        let len = self.bytes.len().min(other.bytes.len());
        self.bytes[..len] == other.bytes[..len]
    }

    /// Returns whether both describe one version of the file.
    pub fn has_version_of(&self, other: &Self) -> bool {
        self.info.len == other.info.len && self.info.version.is_compatible_with(&other.info.version)
    }
}

/// Waits for the first present bytes to compare with. `None` if none come in time, or the download is
/// stopped.
pub(super) fn wait_for_sample(transfer: &Transfer, file: &OpenDownload) -> Option<Range<u64>> {
    let since = Instant::now();
    loop {
        let sample = sample_comparison::first_sample(file);
        let is_over = || since.elapsed() > MAX_WAIT || transfer.cancel.sleep(POLL_INTERVAL);
        if sample.is_some() || is_over() {
            return sample;
        }
    }
}

/// Requests `range` and compares the response with the present bytes.
///
/// # Errors
/// The request has no usable response.
pub(super) fn fetch(
    connection: &mut ServerConnection<'_>,
    file: &OpenDownload,
    range: &Range<u64>,
) -> Result<Compared, RequestError> {
    let response = request(connection, range)?;
    connection.transfer.duties.revalidation.record_bytes();
    let (at, end) = match &response.content {
        Content::Part(bytes) => (bytes.start, bytes.end),
        Content::Whole | Content::Coded(_) => (0, response.info.len.unwrap_or(u64::MAX)),
    };
    let bytes = match &response.content {
        Content::Coded(_) => {
            connection.pooled().transport.close_after_body();
            Comparison::Unknown
        }
        // Servers may limit the length of a response.
        _ => compare(
            connection,
            file,
            response.body,
            (at, end),
            range.end.min(end),
        ),
    };
    Ok(Compared {
        info: response.info,
        is_range: matches!(response.content, Content::Part(_)),
        bytes,
    })
}

/// Requests `range`, or the whole file from a server that refuses it.
fn request(
    connection: &mut ServerConnection<'_>,
    range: &Range<u64>,
) -> Result<HttpResponse, RequestError> {
    let was_connected = connection.is_connected();
    let mut response = connection.request_bytes(range);
    if was_connected && matches!(response, Err(RequestError::Lost(_))) {
        // Many servers close an idle connection without notice.
        connection.reconnect()?;
        response = connection.request_bytes(range);
    }
    match response {
        Err(RequestError::Rejected(Rejection::Mismatch(_))) => {
            connection.request(RangeRequest::Whole)
        }
        response => response,
    }
}

/// Returns `range` as the server has it now, with fewer bytes if the response ends early.
///
/// # Errors
/// As [`fetch`].
pub(super) fn read_sample(
    connection: &mut ServerConnection<'_>,
    range: &Range<u64>,
) -> Result<Sample, RequestError> {
    let mut response = request(connection, range)?;
    let begin = match &response.content {
        Content::Part(bytes) => bytes.start,
        Content::Whole | Content::Coded(_) => 0,
    };
    let mut bytes = Vec::new();
    // An early end is a difference.
    let _ = response
        .body
        .by_ref()
        .take(range.end - begin)
        .read_to_end(&mut bytes);
    connection.pooled().transport.close_after_body();
    let info = response.info;
    Ok(Sample { info, bytes })
}

/// Compares `body`, which contains the bytes from `at` to `body_end`, up to offset `end`.
fn compare(
    connection: &mut ServerConnection<'_>,
    file: &OpenDownload,
    mut body: BodyReader,
    (mut at, body_end): (u64, u64),
    end: u64,
) -> Comparison {
    let transfer = connection.transfer;
    let mut buf = vec![0; BUFFER_LEN.min((end - at) as usize)];
    let result = loop {
        if at >= end {
            break Comparison::Equal;
        }
        let len = (end - at).min(buf.len() as u64) as usize;
        let Some(read) = body.read(&mut buf[..len]).ok().filter(|read| *read > 0) else {
            break Comparison::Unknown;
        };
        match sample_comparison::differs(file, at, &buf[..read]) {
            Ok(false) => at += read as u64,
            Ok(true) => break Comparison::Differs,
            Err(_) => break Comparison::Unknown,
        }
        transfer.duties.revalidation.record_bytes();
        let counters = &transfer.counters[connection.index];
        transfer.throttle.consume(read as u64, counters);
    };
    if result == Comparison::Equal && at == body_end {
        connection.set_connected(body.finish() == Some(true));
    } else {
        connection.pooled().transport.close_after_body();
    }
    result
}

/// Compares samples from all over the file with those of the server.
///
/// # Errors
/// As [`fetch`].
pub(super) fn fetch_samples(
    connection: &mut ServerConnection<'_>,
    file: &OpenDownload,
    count: u64,
) -> Result<Comparison, RequestError> {
    for sample in sample_comparison::samples(file, count) {
        let compared = fetch(connection, file, &sample)?;
        if compared.bytes != Comparison::Equal {
            return Ok(compared.bytes);
        }
        if !compared.is_range {
            // Each further sample would take the whole file up to it.
            let first = 0..WHOLE_FILE_SAMPLE.min(file.info.len);
            return Ok(fetch(connection, file, &first)?.bytes);
        }
    }
    Ok(Comparison::Equal)
}

/// Compares bytes with those of another version: every byte if the server always reports `version`, whose
/// date of change is another one too; else samples.
///
/// # Errors
/// As [`fetch`].
pub(super) fn fetch_other(
    connection: &mut ServerConnection<'_>,
    file: &OpenDownload,
    version: Option<&Version>,
    samples: u64,
) -> Result<Comparison, RequestError> {
    let current = connection.mirror.versions.current();
    let has_same_date =
        |version: &Version| current.is_some_and(|current| current.has_same_date(version));
    match version.is_some_and(|version| !has_same_date(version)) {
        true => fetch_all(connection, file, samples),
        false => fetch_samples(connection, file, samples),
    }
}

/// Compares samples and then, if these are equal, every byte.
///
/// # Errors
/// As [`fetch`].
fn fetch_all(
    connection: &mut ServerConnection<'_>,
    file: &OpenDownload,
    samples: u64,
) -> Result<Comparison, RequestError> {
    match fetch_samples(connection, file, samples)? {
        Comparison::Equal => Ok(fetch(connection, file, &(0..file.info.len))?.bytes),
        unequal => Ok(unequal),
    }
}
