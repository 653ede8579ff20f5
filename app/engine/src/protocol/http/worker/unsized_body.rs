//! Downloads a file of unknown length over one connection, until the server closes it or ends the
//! chunks.

use std::io::Read;
use std::sync::atomic::Ordering;

use super::body_writer::BUFFER_LEN;
use super::server_connection::ServerConnection;
use crate::model::outcome::FetchError;
use crate::protocol::error::{ProtocolError, TransportError, WorkerError};
use crate::protocol::http::parse::resource_info_of_response::resource_info;
use crate::protocol::http::parse::response_check::ResponseInfo;
use crate::storage::error::StorageError;
use crate::storage::part_store::PartStore;

/// Receives all of `body`. Deletes an incomplete file, because nothing shows where to resume.
pub(super) fn receive(
    connection: &ServerConnection<'_>,
    info: &ResponseInfo,
    body: impl Read,
) -> Result<(), WorkerError> {
    let transfer = connection.transfer;
    connection.mirror.confirm_version(&info.version);
    let store = transfer
        .create_unsized(
            connection.index,
            info.name.as_deref(),
            info.checksum.as_ref(),
        )
        .map_err(WorkerError::Fatal)?;
    let received = receive_all(connection, body, &store);
    let received = received.and_then(|len| connection.check_len(len).map(|()| len));
    match received {
        Ok(len) => transfer
            .finish_unsized(connection.index, store, resource_info(info, len))
            .map_err(WorkerError::Fatal),
        Err(error) => {
            transfer.counters.unsized_bytes.store(0, Ordering::Relaxed);
            match store.file.stream().is_some() && !transfer.cancel.is_cancelled() {
                true => Err(after_stream(error)),
                false => Err(error),
            }
        }
    }
}

/// Makes the loss of a connection final: bytes that were written to a pipe or a device cannot be written
/// again, and the rest cannot be requested without the length.
fn after_stream(error: WorkerError) -> WorkerError {
    match error {
        WorkerError::Lost(reason) => WorkerError::Fatal(FetchError::Failed(format!(
            "connection lost: {reason}; the output has only the beginning of the file"
        ))),
        error => error,
    }
}

fn receive_all(
    connection: &ServerConnection<'_>,
    mut body: impl Read,
    store: &PartStore,
) -> Result<u64, WorkerError> {
    let transfer = connection.transfer;
    let counters = &transfer.counters[connection.index];
    let mut buf = vec![0; BUFFER_LEN];
    let mut at = 0;
    loop {
        let read = body.read(&mut buf);
        if transfer.cancel.is_cancelled() {
            return Err(WorkerError::Lost(ProtocolError::Stopped));
        }
        let len = match read {
            Ok(0) => return Ok(at),
            Ok(len) => len,
            Err(error) => {
                let error = TransportError::new(error.into(), connection.mirror.url.host());
                return Err(WorkerError::Lost(error.into()));
            }
        };
        store.file.write_at(at, &buf[..len]).map_err(|error| {
            WorkerError::Fatal(StorageError::write(error, &store.paths.part).into())
        })?;
        at += len as u64;
        if let Some(stream) = store.file.stream() {
            stream.commit(at).map_err(|error| {
                WorkerError::Fatal(StorageError::write(error, &store.paths.part).into())
            })?;
        }
        if transfer
            .context
            .spec
            .len
            .is_some_and(|expected| at > expected)
        {
            connection.check_len(at)?;
        }
        counters.received(len as u64, || transfer.context.started.elapsed());
        counters.set_offset(at);
        transfer.counters.unsized_bytes.store(at, Ordering::Relaxed);
        transfer.throttle.consume(len as u64, counters);
    }
}
