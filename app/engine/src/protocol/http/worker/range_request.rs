//! Requests a range of a file of known length, and decides whether the response counts.

use std::ops::Range;

use super::range_fallback;
use super::server_connection::ServerConnection;
use crate::protocol::error::{ProtocolError, Rejection, RequestError, WorkerError};
use crate::protocol::http::client::range_refusal;
use crate::protocol::http::client::request_with_redirects::HttpResponse;
use crate::protocol::http::parse::response_check::{Content, ResponseInfo};

/// Requests `range`. The response may begin before it and end after it, or have the whole file. `None` if
/// the server refused the range while another connection receives the whole file.
///
/// # Errors
/// [`ProtocolError::OtherVersion`] for a response of another version, which
/// [`ServerConnection::take_other_version`] returns; or the error of the request.
pub(super) fn request(
    connection: &mut ServerConnection<'_>,
    range: &Range<u64>,
) -> Result<Option<HttpResponse>, WorkerError> {
    let len = connection
        .transfer
        .context
        .active()
        .map(|file| file.info.len);
    if let Some(len) = len {
        connection.mirror.expected.set_len(len);
    }
    let response = match connection.request_bytes(range) {
        Ok(response) => response,
        Err(RequestError::Rejected(Rejection::RangeNotSatisfiable { len: Some(now) }))
            if len.is_some_and(|len| len != now) =>
        {
            return Err(connection.changed_error());
        }
        Err(error) if range_refusal::is_refusal(&error) && range_fallback::fail(connection) => {
            return Ok(None);
        }
        Err(error) => range_fallback::request_whole(connection, error)?,
    };
    let is_coded = matches!(response.content, Content::Coded(_));
    if !is_coded && !accepts(connection, &response.info, len) {
        return Err(on_other_version(connection, response));
    }
    match response.content {
        Content::Part(_) => {
            if range.start > 0 {
                connection.mirror.ranges.record_inner_part();
            }
            range_fallback::succeed(connection);
        }
        Content::Whole | Content::Coded(_) if range_fallback::fail(connection) => return Ok(None),
        Content::Whole | Content::Coded(_) => {}
    }
    Ok(Some(response))
}

/// Returns whether a response counts, for a file of `len` bytes. If the validators of the server tell
/// nothing, one connection goes on, and compares some bytes of each response.
fn accepts(connection: &ServerConnection<'_>, info: &ResponseInfo, len: Option<u64>) -> bool {
    let (plan, mirror) = (&connection.transfer.context, connection.mirror);
    let is_same = info.len == len && mirror.confirm_version(&info.version);
    let is_longer = || info.len >= len;
    let is_loose = mirror.versions.is_loose();
    is_same || (is_loose && is_longer() && plan.claim_loose_connection(connection.index))
}

/// Keeps the description of another version of the file, and returns the end of the connection.
fn on_other_version(connection: &mut ServerConnection<'_>, response: HttpResponse) -> WorkerError {
    connection.pooled().transport.close_after_body();
    let HttpResponse { content, info, .. } = response;
    let current = connection.mirror.versions.current();
    let was_known = current.is_some_and(|version| version.is_known());
    if content == Content::Whole && was_known && !info.version.is_known() {
        // A page of a portal or a log-in, rather than another version.
        return range_fallback::ignored();
    }
    connection.set_other_version(info);
    WorkerError::Lost(ProtocolError::OtherVersion)
}
