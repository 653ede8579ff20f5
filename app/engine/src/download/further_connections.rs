//! Decides when a download opens its further connections.
//!
//! Over HTTP the first connection requests the whole file. If the server is distant (not reached
//! within 2 ms, or no response within 10 ms), the others are opened meanwhile, so that the response
//! finds them ready. If it is near, the others are opened only when the rest of the file would take
//! more than 20 ms: on loopback, opening seven connections takes as long as 16 MiB. Experiments open
//! every connection that they are about ([`DownloadSpec::open_all_connections`]).
//!
//! [`DownloadSpec::open_all_connections`]: crate::model::spec::DownloadSpec::open_all_connections

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::model::source_url::Source;
use crate::storage::open_download::OpenDownload;
use crate::transfer::transfer_context::TransferContext;

/// Time within which a near server accepts the connection.
const NEAR_CONNECT: Duration = Duration::from_millis(2);
/// Time within which a near server responds, TLS handshake included.
const NEAR_RESPONSE: Duration = Duration::from_millis(10);
/// A remainder that takes less than this is left to the first connection.
const WORTH_CONNECTING: Duration = Duration::from_millis(20);
/// Shortest time over which the rate of the first connection is measured.
const MIN_MEASURE: Duration = Duration::from_micros(500);

/// Decides when the further connections of one attempt are due.
#[derive(Default)]
pub(crate) struct FurtherConnections {
    is_due: bool,
    /// Time at which the response was first seen, and the bytes that had arrived by then.
    first_response: Option<(Instant, u64)>,
}

impl FurtherConnections {
    /// Returns whether the further connections are due. Once due, they stay due.
    pub fn is_due(&mut self, context: &TransferContext) -> bool {
        self.is_due = self.is_due || self.becomes_due(context);
        self.is_due
    }

    /// Returns the reason for the log, if the connections were held back until after the response.
    pub fn reason(&self) -> Option<&'static str> {
        let reason = "The rest takes longer than opening further connections";
        self.first_response.map(|_| reason)
    }

    /// Makes the further connections due: the first one ended and left work.
    pub fn set_due(&mut self) {
        self.is_due = true;
    }

    fn becomes_due(&mut self, context: &TransferContext) -> bool {
        let spec = &context.spec;
        if spec.open_all_connections || matches!(spec.source, Source::Lanes { .. }) {
            return true;
        }
        let Some(active) = context.active() else {
            let limit = if context.mirrors.is_reached() {
                NEAR_RESPONSE
            } else {
                NEAR_CONNECT
            };
            return context.started.elapsed() >= limit;
        };
        active.resumed > 0 || self.is_rest_slow(active)
    }

    /// Returns whether the rest, at the rate so far, takes longer than [`WORTH_CONNECTING`].
    fn is_rest_slow(&mut self, active: &OpenDownload) -> bool {
        let done = active.done.load(Ordering::Acquire);
        let (since, before) = *self
            .first_response
            .get_or_insert_with(|| (Instant::now(), done));
        let elapsed = since.elapsed();
        if elapsed < MIN_MEASURE {
            return false;
        }
        let rate = (done - before) as f64 / elapsed.as_secs_f64();
        (active.info.len - done) as f64 > rate * WORTH_CONNECTING.as_secs_f64()
    }
}
