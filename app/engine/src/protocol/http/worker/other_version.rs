//! Decides about a response that reports another version of the file, or another length.
//!
//! Validators that the server did not report before replace the absent ones if a sample of bytes is equal.
//! Otherwise:
//!
//! 1. Bytes that are present are fetched again. If they differ, the file has changed.
//! 2. If they are equal, the nodes of the server report different validators for the same bytes, or the
//!    file grows. The connection leaves, and tries to reach the first version again; the connections that
//!    have it go on.
//! 3. If no connection has it any more, more bytes are compared: all, if the server always reports the same
//!    other version; else samples, and then one connection continues, which compares some bytes before
//!    each range.

use super::comparison_request::{self, Comparison};
use super::server_connection::ServerConnection;
use crate::protocol::error::{ProtocolError, RequestError, WorkerError};
use crate::protocol::http::parse::response_check::ResponseInfo;
use crate::storage::open_download::OpenDownload;
use crate::storage::sample_comparison::first_sample;
use crate::sync;

/// Consecutive responses of other versions after which the first one counts as gone.
const MAX_OTHERS: u32 = 3;
/// Requests for the sample, until one reaches a node with the other version.
const MAX_COMPARISONS: u32 = 2;
/// Samples that are compared before one connection continues with another version.
const SAMPLES: u64 = 8;

/// Returns the error that ends the connection: a changed file, or a reason to connect again.
pub(super) fn decide(connection: &mut ServerConnection<'_>, info: &ResponseInfo) -> WorkerError {
    let transfer = connection.transfer;
    let Some(file) = transfer.context.active() else {
        return connection.changed_error();
    };
    let others_receive = transfer.counters.others_receive(connection.index);
    let is_shorter = info.len.is_some_and(|len| len < file.info.len);
    // Mirrors with another length are left out.
    let is_other_file =
        transfer.context.mirrors.has_mirrors() && info.len.is_some_and(|len| len != file.info.len);
    if is_shorter || is_other_file || (file.file.stream().is_some() && !others_receive) {
        return connection.changed_error();
    }
    let versions = &connection.mirror.versions;
    let is_empty = first_sample(file).is_none() && info.len == Some(file.info.len);
    if is_empty && versions.replace_unseen(&info.version) {
        // An earlier run began with another version, of which nothing is kept.
        return other_version();
    }
    if info.version.is_known() && info.len == Some(file.info.len) && versions.is_unknown() {
        return adopt(connection, file).unwrap_or_else(|error| connection.request_error(error));
    }
    match is_equal(connection, file, info) {
        Ok(Comparison::Equal) => {}
        Ok(Comparison::Differs) => return connection.changed_error(),
        Ok(Comparison::Unknown) => return other_version(),
        Err(error) => return connection.request_error(error),
    }
    if transfer.counters.others_receive(connection.index) {
        return other_version();
    }
    continue_alone(connection, file, info).unwrap_or_else(|error| connection.request_error(error))
}

fn other_version() -> WorkerError {
    WorkerError::Lost(ProtocolError::OtherVersion)
}

/// Compares a sample once the server reports validators that it did not report before. If it is equal, the
/// download goes on with these.
fn adopt(
    connection: &mut ServerConnection<'_>,
    file: &OpenDownload,
) -> Result<WorkerError, RequestError> {
    let versions = &connection.mirror.versions;
    // One connection compares for all.
    let _decision = sync::lock(&versions.decision);
    if !versions.is_unknown() {
        return Ok(other_version());
    }
    let Some(sample) = comparison_request::wait_for_sample(connection.transfer, file) else {
        return Ok(other_version());
    };
    for _ in 0..MAX_COMPARISONS {
        connection.reconnect()?;
        let compared = comparison_request::fetch(connection, file, &sample)?;
        match compared.bytes {
            Comparison::Differs => return Ok(connection.changed_error()),
            Comparison::Equal if compared.info.version.is_known() => {
                versions.replace(compared.info.version);
                connection.transfer.partial_packets.clear();
                break;
            }
            // Some nodes report no validators.
            Comparison::Equal | Comparison::Unknown => {}
        }
    }
    Ok(other_version())
}

/// Compares a sample of the present bytes with the server's.
fn is_equal(
    connection: &mut ServerConnection<'_>,
    file: &OpenDownload,
    info: &ResponseInfo,
) -> Result<Comparison, RequestError> {
    let transfer = connection.transfer;
    let versions = &connection.mirror.versions;
    let has_other_len = info.len.is_some_and(|len| len != file.info.len);
    if versions.is_equal(&info.version) && !has_other_len {
        return Ok(Comparison::Equal);
    }
    let Some(sample) = comparison_request::wait_for_sample(transfer, file) else {
        return Ok(Comparison::Unknown);
    };
    for _ in 0..MAX_COMPARISONS {
        connection.reconnect()?;
        let compared = comparison_request::fetch(connection, file, &sample)?;
        // A connection to a node with the first version tells nothing about the other.
        let is_first =
            compared.info.len == Some(file.info.len) && versions.confirm(&compared.info.version);
        if compared.bytes != Comparison::Equal || !is_first {
            if compared.bytes == Comparison::Equal
                && !has_other_len
                && versions.add_equal(info.version.clone())
            {
                connection.notice(
                    "The server reports different versions of the file, but equal bytes: fewer connections are used, all to one version",
                );
            }
            return Ok(compared.bytes);
        }
    }
    Ok(Comparison::Unknown)
}

/// Decides about another version that no connection avoids. All of them connect again then.
fn continue_alone(
    connection: &mut ServerConnection<'_>,
    file: &OpenDownload,
    info: &ResponseInfo,
) -> Result<WorkerError, RequestError> {
    let mirror = connection.mirror;
    let versions = &mirror.versions;
    // One connection compares for all.
    let _decision = sync::lock(&versions.decision);
    let has_grown = info.len.is_some_and(|len| len > file.info.len);
    let is_replaced = versions.current().as_ref() == Some(&info.version) && !has_grown;
    if versions.is_loose() || is_replaced {
        return Ok(loose(connection));
    }
    let others = versions.record_other(&info.version);
    if others.count < MAX_OTHERS {
        return Ok(other_version());
    }
    let is_replaced = others.is_stable && !has_grown;
    let version = is_replaced.then_some(&info.version);
    match comparison_request::fetch_other(connection, file, version, SAMPLES)? {
        Comparison::Differs => return Ok(connection.changed_error()),
        Comparison::Unknown => return Ok(other_version()),
        Comparison::Equal if is_replaced => {
            versions.replace(info.version.clone());
            connection.transfer.partial_packets.clear();
        }
        Comparison::Equal => {
            versions.loosen();
            connection.transfer.partial_packets.clear();
            connection.notice(
                "The server reports another version of the file with each response, but equal bytes: one connection is used",
            );
        }
    }
    Ok(loose(connection))
}

/// Returns the end of a connection to a server whose validators tell nothing: one connects again.
fn loose(connection: &ServerConnection<'_>) -> WorkerError {
    let context = &connection.transfer.context;
    let is_loose = connection.mirror.versions.is_loose();
    match is_loose && !context.claim_loose_connection(connection.index) {
        true => WorkerError::Refused(ProtocolError::OtherVersion),
        false => WorkerError::Lost(ProtocolError::VersionAdopted),
    }
}
