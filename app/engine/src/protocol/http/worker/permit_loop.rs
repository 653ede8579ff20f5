//! The life of one connection to one of the servers: waits for a permit, connects or reuses an idle
//! connection, fetches, and leaves the connection to the next download.

use std::time::Instant;

use super::body_receiver::BodyReceiver;
use super::server_connection::{ServerConnection, wait_policy};
use super::{
    final_recheck, first_request, mirror_comparison, other_version, permit_wait, range_worker,
};
use crate::protocol::error::{
    ConnectError, Disconnect, ProtocolError, RequestError, TransportError, WorkerError,
};
use crate::protocol::http::transport::pool::ConnectionPool;
use crate::protocol::way_trouble;
use crate::scheduling::host_limiter::HostPermit;
use crate::scheduling::host_tolerance::Refusal;
use crate::scheduling::mirror::Mirror;
use crate::scheduling::way_set::WaySeat;
use crate::transfer::shared::Transfer;

/// A mirror, the right to a connection to it, and the way of the connection.
type Place<'a> = (&'a Mirror, &'a HostPermit, &'a WaySeat<'a>);

/// Fetches over one connection at a time until nothing is left for it. If it yields its permit to
/// another download, it waits for the next one.
///
/// # Errors
/// Any [`WorkerError`].
pub(crate) fn run(
    transfer: &Transfer,
    pool: &ConnectionPool,
    index: usize,
) -> Result<(), WorkerError> {
    while let Some((mirror, permit)) = permit_wait::wait(transfer, index) {
        let seat = transfer
            .ways
            .take(index, mirror.index, &transfer.counters[index]);
        let end = run_with_permit(transfer, pool, index, (mirror, &permit, &seat));
        let end = end.map_err(|error| way_trouble::explain(error, &seat));
        if end.is_err() || !(permit.should_yield() || seat.should_leave()) {
            return end;
        }
    }
    Ok(())
}

/// Runs one connection, and reports its rate and its failure to the mirror set.
fn run_with_permit(
    transfer: &Transfer,
    pool: &ConnectionPool,
    index: usize,
    (mirror, permit, seat): Place<'_>,
) -> Result<(), WorkerError> {
    let counters = &transfer.counters[index];
    let (before, begun) = (counters.bytes(), Instant::now());
    let end = run_connection(transfer, pool, index, (mirror, permit, seat));
    if let Err(error) = &end
        && let Some(refusal) = refusal(error)
        // A lost way is not the server's doing.
        && seat.trouble().is_none()
        && let Some(served) = served_beside(refusal, mirror, index, counters.failures())
        // The end of a download closes the connections that it does not need any more.
        && !transfer.cancel.is_cancelled()
        && !transfer.scheduler.is_complete()
    {
        permit.on_refused(refusal, begun, served);
    }
    let rate = (counters.bytes() - before) as f64 / begun.elapsed().as_secs_f64().max(1e-3);
    transfer
        .context
        .mirrors
        .release(mirror.index, rate, end.is_ok());
    match end {
        // Without this mirror the download continues from the others.
        Err(WorkerError::Source(error) | WorkerError::Denied(error))
            if transfer.context.mirrors.has_mirrors()
                && transfer.context.mirrors.drop_mirror(mirror.index) =>
        {
            let host = mirror.url.host();
            let notice = format!("Mirror {host} is left out: {error}");
            transfer.events.notice(notice);
            Err(WorkerError::Lost(ProtocolError::MirrorDropped(error)))
        }
        // Another mirror may be reachable, so the retry need not be delayed as for a single server.
        Err(WorkerError::Unreachable(reason)) if transfer.context.mirrors.has_mirrors() => {
            Err(WorkerError::Lost(reason))
        }
        end => end,
    }
}

fn run_connection(
    transfer: &Transfer,
    pool: &ConnectionPool,
    index: usize,
    (mirror, permit, seat): Place<'_>,
) -> Result<(), WorkerError> {
    let options = &transfer.context.spec.http;
    let policy = wait_policy(transfer, index, 0);
    let cancel = transfer.cancel.of_group(seat.group());
    let idle = pool.take(mirror, options, seat.name(), &cancel, &policy);
    let place = (mirror, permit, seat);
    let connection = ServerConnection::new(transfer, pool, index, place, idle)?;
    let mut receiver = BodyReceiver::new(connection);
    let end = fetch(&mut receiver);
    let connection = &mut receiver.connection;
    let end = end.map_err(|error| match connection.take_other_version() {
        Some(info) => other_version::decide(connection, &info),
        None => error,
    });
    if end.is_ok() {
        final_recheck::run_if_due(connection);
    }
    let idle = receiver.finish().filter(|_| end.is_ok());
    if let Some(idle) = idle {
        pool.put(mirror, options, idle);
    }
    end
}

/// Fetches until nothing is left for the connection of `receiver`.
fn fetch(receiver: &mut BodyReceiver<'_>) -> Result<(), WorkerError> {
    if first_request::run(receiver)? {
        mirror_comparison::run(&mut receiver.connection)?;
        range_worker::run(receiver)?;
    }
    Ok(())
}

/// Returns how surely the server refuses a further connection; `None` if the error has another reason.
fn refusal(error: &WorkerError) -> Option<Refusal> {
    match error {
        WorkerError::Denied(_) | WorkerError::Busy { .. } => Some(Refusal::Stated),
        WorkerError::Lost(ProtocolError::Request(RequestError::Lost(TransportError::Lost {
            reason: Disconnect::Closed | Disconnect::Reset,
            ..
        })))
        | WorkerError::Unreachable(ProtocolError::Request(RequestError::Unreachable {
            reason: ConnectError::Refused,
            ..
        })) => Some(Refusal::Suspected),
        WorkerError::Lost(ProtocolError::Request(RequestError::Lost(TransportError::Idle {
            ..
        })))
        | WorkerError::Unreachable(ProtocolError::Request(RequestError::Unreachable {
            reason: ConnectError::Timeout(_),
            ..
        })) => Some(Refusal::StalledBody),
        _ => None,
    }
}

/// Returns the number of connections that the server serves beside connection `index`, which it refused and
/// which has failed this many times before; `None` if it may be slow, or unreachable, rather than refuse.
fn served_beside(refusal: Refusal, mirror: &Mirror, index: usize, failures: u32) -> Option<usize> {
    let requests = &mirror.requests;
    let served = match refusal {
        Refusal::StalledBody if failures == 0 && !requests.is_passed_over(index) => 0,
        Refusal::StalledBody => requests.served_beside(index),
        Refusal::Stated | Refusal::Suspected => mirror.responses(),
    };
    (served > 0).then_some(served)
}
