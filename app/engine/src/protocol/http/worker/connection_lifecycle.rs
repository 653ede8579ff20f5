//! One connection to one of the servers: it waits for its turn, is made or taken over, used, and left to
//! the next download.

use std::time::Instant;

use super::admission;
use super::range_worker::RangeWorker;
use crate::model::outcome::FetchError;
use crate::model::worker_error::WorkerError;
use crate::protocol::http::transport::connection_state::TransportState;
use crate::protocol::http::transport::dialer::Dialer;
use crate::protocol::http::transport::pool::PooledConnection;
use crate::protocol::http::transport::ureq_agent;
use crate::scheduling::host_limiter::HostPermit;
use crate::scheduling::mirror::Mirror;
use crate::transfer::shared::{Event, Transfer};

/// Fetches over one connection until nothing is left for it. One that makes way for other downloads waits
/// for its next turn.
pub(crate) fn run(transfer: &Transfer, index: usize) -> Result<(), WorkerError> {
    while let Some((site, place)) = admission::wait(transfer, index) {
        let end = run_in_place(transfer, index, site, &place);
        if end.is_err() || !place.gives_way() {
            return end;
        }
    }
    Ok(())
}

fn run_in_place(
    transfer: &Transfer,
    index: usize,
    site: &Mirror,
    place: &HostPermit,
) -> Result<(), WorkerError> {
    let meter = &transfer.meters[index];
    let (before, begun) = (meter.bytes(), Instant::now());
    let end = run_at(transfer, index, site, place);
    let speed = (meter.bytes() - before) as f64 / begun.elapsed().as_secs_f64().max(1e-3);
    transfer.sites.left(site.number, speed, end.is_ok());
    match end {
        // One mirror less is no reason to fail while there is another.
        Err(WorkerError::Source(error) | WorkerError::Denied(error))
            if transfer.sites.has_mirrors() && transfer.sites.drop_site(site.number) =>
        {
            let (host, reason) = (site.url.host(), error.to_string());
            transfer.send(Event::Notice(format!(
                "The mirror {host} is left out: {reason}"
            )));
            Err(WorkerError::Lost(reason))
        }
        // Another may be reached at once.
        Err(WorkerError::Unreachable(reason)) if transfer.sites.has_mirrors() => {
            Err(WorkerError::Lost(reason))
        }
        end => end,
    }
}

fn run_at(
    transfer: &Transfer,
    index: usize,
    site: &Mirror,
    place: &HostPermit,
) -> Result<(), WorkerError> {
    let request = &transfer.request;
    let kept = request.kept.as_deref();
    let left = kept.and_then(|kept| {
        let failures = transfer.failures(index);
        kept.take(site, &request.http, &transfer.stop, failures)
    });
    let is_left = left.is_some();
    let lane = left.map_or_else(|| new_lane(transfer, index, site), Ok)?;
    let mut session = RangeWorker::new(transfer, index, (site, place), lane, is_left);
    let end = session.run();
    let lane = session.end().filter(|_| end.is_ok());
    if let (Some(kept), Some(lane)) = (kept, lane) {
        kept.put(site, &request.http, lane);
    }
    end
}

/// A connection to `site` that is still to be made.
pub(crate) fn new_lane(
    transfer: &Transfer,
    index: usize,
    site: &Mirror,
) -> Result<PooledConnection, WorkerError> {
    let made = || -> Result<PooledConnection, String> {
        let (options, kept) = (&transfer.request.http, &transfer.request.kept);
        let trust = match kept {
            Some(kept) => kept.trust(options)?,
            None => transfer.sites.trust(options)?,
        };
        let (connections, failures) = (transfer.wanted(), transfer.failures(index));
        let dialer = Dialer::new(&trust, &transfer.stop, connections, failures);
        let line = TransportState::to(&site.door);
        let agent = ureq_agent::make(options, &dialer, &line)?;
        Ok(PooledConnection {
            agent,
            line,
            dialer,
            buf: Vec::new(),
        })
    };
    made().map_err(|reason| WorkerError::Fatal(FetchError::Failed(reason)))
}
