//! Public entry point: sends the result of an experiment to the server of a class.

use lanes_shared::class_result::ClassResult;

use crate::model::source_url::ServerName;
use crate::protocol::error::SendResultError;
use crate::protocol::lanes::result_upload;
use crate::sync::cancel::CancelToken;

/// Sends a result and waits until the server keeps it, at most about a minute. Nothing but the result is
/// sent, and only by this call.
///
/// # Errors
/// See [`SendResultError`].
pub fn send_result(
    server: &ServerName,
    result: &ClassResult,
    cancel: &CancelToken,
) -> Result<(), SendResultError> {
    result_upload::send(server, result, cancel)
}
