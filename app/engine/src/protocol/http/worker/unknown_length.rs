//! A file whose length nobody says: it comes over one connection, and how long it is shows at its end.

use std::io::Read as _;
use std::sync::atomic::Ordering;

use super::body_writer::{BUFFER_LEN, read_error};
use super::range_worker::RangeWorker;
use crate::model::outcome::FetchError;
use crate::model::worker_error::WorkerError;
use crate::protocol::http::client::body_reader::BodyReader;
use crate::protocol::http::parse::resource_info::facts;
use crate::protocol::http::parse::response_check::ResponseInfo;
use crate::storage::part_store::{PartStore, write_error};

/// Receives all of `body`. What came of a file that did not come whole is deleted: nothing tells
/// where to go on.
pub(crate) fn receive(
    session: &RangeWorker<'_>,
    told: &ResponseInfo,
    body: BodyReader,
) -> Result<(), WorkerError> {
    let transfer = session.transfer;
    let storage = transfer
        .spool(session.index, told.name.as_deref())
        .map_err(WorkerError::Fatal)?;
    let read = read_all(session, body, &storage);
    let read = read.and_then(|len| session.check_len(len).map(|()| len));
    match read {
        Ok(len) => transfer
            .spooled(session.index, storage, facts(told, len))
            .map_err(WorkerError::Fatal),
        Err(error) => {
            transfer.spooled.store(0, Ordering::Relaxed);
            storage.paths.discard();
            Err(error)
        }
    }
}

fn read_all(
    session: &RangeWorker<'_>,
    mut body: BodyReader,
    storage: &PartStore,
) -> Result<u64, WorkerError> {
    let transfer = session.transfer;
    let meter = &transfer.meters[session.index];
    let mut buf = vec![0; BUFFER_LEN];
    let mut at = 0;
    loop {
        let read = body.read(&mut buf);
        if transfer.stop.is_stopped() {
            return Err(WorkerError::Lost("the download was stopped".into()));
        }
        let len = match read {
            Ok(0) => return Ok(at),
            Ok(len) => len,
            Err(error) => return Err(WorkerError::Lost(read_error(error, session.site))),
        };
        storage.file.write_at(at, &buf[..len]).map_err(|error| {
            let reason = write_error(&error, &storage.paths.part);
            WorkerError::Fatal(FetchError::Failed(reason))
        })?;
        at += len as u64;
        if transfer.request.len.is_some_and(|expected| at > expected) {
            session.check_len(at)?;
        }
        meter.received(len as u64, || transfer.started.elapsed());
        meter.set_offset(at);
        transfer.spooled.store(at, Ordering::Relaxed);
        transfer.throttle(len as u64);
    }
}
