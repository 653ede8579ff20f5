//! The prepared state of one attempt at a download: what its threads share, and what only its coordinator
//! uses.

use std::sync::Arc;
use std::time::Instant;

use super::attempt_inputs::AttemptInputs;
use super::{checksum_search, unfinished_takeover, way_watch};
use crate::model::outcome::FetchError;
use crate::model::source_url::Source;
use crate::model::spec::DownloadSpec;
use crate::scheduling::concurrency_tuner::ConcurrencyTuner;
use crate::sync::cancel::CancelToken;
use crate::sync::rate_limiter::RateLimiter;
use crate::transfer::bandwidth_limits::BandwidthLimits;
use crate::transfer::carried_state::CarriedState;
use crate::transfer::events::{self, EventReceiver, Events};
use crate::transfer::shared::Transfer;

/// The channel from the threads of an attempt to its coordinator.
pub(crate) type EventChannel = (Events, EventReceiver);

/// Creates a channel that consecutive attempts reuse: creating one takes a tenth of the time of a
/// small file.
pub(crate) fn event_channel() -> EventChannel {
    events::channel()
}

/// An attempt that is ready to run.
pub(crate) struct PreparedAttempt {
    pub inputs: AttemptInputs,
    pub transfer: Arc<Transfer>,
    pub events: EventReceiver,
    /// Present when the number of connections is tuned while the download runs.
    pub tuner: Option<ConcurrencyTuner>,
    pub started: Instant,
    /// Result of checking the specification, and of resuming an earlier attempt or an unfinished file.
    pub ready: Result<(), FetchError>,
    /// Set once a thread runs the first connection.
    pub runs_first_connection: bool,
}

impl PreparedAttempt {
    /// Creates an attempt that reports over `channel`, which no other attempt uses at the same time.
    pub fn new(
        inputs: AttemptInputs,
        spec: &Arc<DownloadSpec>,
        carried: CarriedState,
        cancel: &CancelToken,
        channel: &EventChannel,
    ) -> Self {
        let (sender, events) = channel.clone();
        // Drops events that threads of the previous attempt sent after its end.
        events.try_iter().for_each(drop);
        let options = inputs.options.as_ref();
        let own = options.map(|options| Arc::clone(&options.rate));
        let own = own.unwrap_or_else(|| Arc::new(RateLimiter::new(spec.rate_limit)));
        let shared = options.map(|options| Arc::clone(&options.share));
        let transfer = Transfer::new(
            Arc::clone(spec),
            options.map_or(0, |_| spec.connection_capacity()),
            cancel.clone(),
            carried,
            BandwidthLimits::new(own, shared, cancel.clone()),
            sender,
        );
        let checked = spec.check().map_err(FetchError::failed);
        let checked = checked.and_then(|()| checksum_search::check(&transfer));
        let checked = checked.and_then(|()| way_watch::check(&transfer));
        let resumed = checked.and_then(|()| transfer.resume());
        let ready = resumed.and_then(|()| unfinished_takeover::run(&transfer));
        let max_connections = transfer.counters.allowed();
        let tuner =
            (spec.auto && max_connections > 1).then(|| ConcurrencyTuner::new(max_connections));
        if let Some(tuner) = &tuner {
            transfer.scheduler.set_target_connections(tuner.count());
        }
        Self {
            inputs,
            transfer: Arc::new(transfer),
            events,
            tuner,
            started: Instant::now(),
            ready,
            runs_first_connection: false,
        }
    }

    /// Returns whether the attempt starts with a single connection, which may be enough.
    pub fn starts_with_one_connection(&self) -> bool {
        let spec = &self.transfer.context.spec;
        let probes_first = matches!(spec.source, Source::Http(_)) && !spec.open_all_connections;
        self.ready.is_ok() && probes_first && self.transfer.context.active().is_none()
    }
}
