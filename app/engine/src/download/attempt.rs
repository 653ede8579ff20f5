//! One attempt at a download: what its threads share, and what who leads it knows.

use std::sync::Arc;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::download_context::DownloadContext;
use crate::model::outcome::FetchError;
use crate::model::source_url::Source;
use crate::model::spec::DownloadSpec;
use crate::scheduling::concurrency_tuner::ConcurrencyTuner;
use crate::sync::cancel::CancelToken;
use crate::transfer::repair_pass::RepairPass;
use crate::transfer::shared::{Event, Transfer};

/// What the threads of an attempt tell who leads it.
pub(crate) type Channel = (Sender<Event>, Receiver<Event>);

/// A channel for attempts that follow each other: to make one takes as long as a tenth of a small file.
pub(crate) fn channel() -> Channel {
    bounded(1024)
}

/// An attempt that may begin.
pub(crate) struct Attempt {
    pub context: DownloadContext,
    pub transfer: Arc<Transfer>,
    /// What its connections tell who leads it.
    pub inbox: Receiver<Event>,
    pub tuner: Option<ConcurrencyTuner>,
    pub started: Instant,
    /// Whether it may begin: what an earlier one left is taken up.
    pub begun: Result<(), FetchError>,
    /// Whether the first connection has its thread already.
    pub has_first: bool,
}

impl Attempt {
    /// An attempt over `channel`, which none is under way over.
    pub fn new(
        context: DownloadContext,
        request: &Arc<DownloadSpec>,
        round: RepairPass,
        cancel: &CancelToken,
        channel: &Channel,
    ) -> Self {
        let connections = request.most_connections();
        let (events, inbox) = channel.clone();
        // What the last one has told after its end.
        inbox.try_iter().for_each(drop);
        let transfer = Transfer::new(
            Arc::clone(request),
            connections,
            cancel.clone(),
            round,
            context.limits.rate.clone(),
            events,
        );
        let checked = request.check().map_err(FetchError::Failed);
        let begun = checked.and_then(|()| transfer.resume());
        let all = transfer.meters.len();
        let tuner = (request.auto && all > 1).then(|| ConcurrencyTuner::new(all));
        if let Some(tuner) = &tuner {
            transfer.set_target_connections(tuner.count());
        }
        Self {
            context,
            transfer: Arc::new(transfer),
            inbox,
            tuner,
            started: Instant::now(),
            begun,
            has_first: false,
        }
    }

    /// Whether there is one connection at first, which may be enough.
    pub fn begins_with_one(&self) -> bool {
        let request = &self.transfer.request;
        let asks_first = matches!(request.source, Source::Http(_)) && !request.every_connection;
        self.begun.is_ok() && asks_first && self.transfer.active().is_none()
    }
}
