//! Shared state of one download attempt; workers hold a `&Transfer`.

use std::sync::Arc;

use super::bandwidth_limits::BandwidthLimits;
use super::carried_state::CarriedState;
use super::counters::Counters;
use super::events::{Event, Events};
use super::final_recheck_claim::MIN_DOWNLOAD;
use super::one_time_requests::OneTimeRequests;
use super::partial_packets::PartialPackets;
use super::shared_scheduler::SharedScheduler;
use super::transfer_context::TransferContext;
use crate::model::source_url::Source;
use crate::model::spec::DownloadSpec;
use crate::scheduling::cold_cache_detector::ColdCacheDetector;
use crate::scheduling::outage_clock::OutageClock;
use crate::scheduling::way_set::WaySet;
use crate::storage::open_download::OpenDownload;
use crate::sync::cancel::CancelToken;

/// One attempt of a download, in parts by lifetime.
pub(crate) struct Transfer {
    pub context: TransferContext,
    pub scheduler: SharedScheduler,
    pub counters: Counters,
    pub throttle: BandwidthLimits,
    pub duties: OneTimeRequests,
    pub ways: WaySet,
    pub partial_packets: PartialPackets,
    pub outage: OutageClock,
    pub cold_cache: ColdCacheDetector,
    pub events: Events,
    pub cancel: CancelToken,
}

impl Transfer {
    /// Creates the state of one attempt of a download over as many connections as it asks for, of which the
    /// user may later allow `capacity`.
    pub fn new(
        spec: Arc<DownloadSpec>,
        capacity: u16,
        cancel: CancelToken,
        carried: CarriedState,
        throttle: BandwidthLimits,
        events: Events,
    ) -> Self {
        let allowed = usize::from(spec.max_connections());
        let count = allowed.max(capacity.into());
        let notify = carried.mirrors.notify();
        let scheduler = SharedScheduler::new(count, notify, cancel.clone());
        scheduler.store_target(allowed);
        Self {
            scheduler,
            counters: Counters::new(count, allowed),
            throttle,
            duties: OneTimeRequests::new(&spec),
            ways: WaySet::new(&spec.http.ways, count),
            partial_packets: PartialPackets::default(),
            outage: OutageClock::new(count),
            cold_cache: ColdCacheDetector::default(),
            events,
            context: TransferContext::new(spec, carried),
            cancel,
        }
    }

    /// Makes the revalidation due if the download took long enough, and nothing else verifies the file.
    fn request_revalidation(&self) {
        let context = &self.context;
        let is_http = matches!(context.spec.source, Source::Http(_));
        let Some(active) = context.active().filter(|_| is_http) else {
            return;
        };
        let has_checksum = context.has_checksum() || active.checksum.get().is_some();
        let is_new = active.info.len > 0 && self.counters.has_received();
        // A resumed download began earlier than this run.
        let is_long = context.started.elapsed() > MIN_DOWNLOAD || active.resumed > 0;
        // Whole files from a server without ranges may differ from each other.
        let mut mirrors = context.mirrors.all().iter();
        let is_in_parts =
            context.sole_connection().is_some() && mirrors.any(|mirror| mirror.bodies() > 1);
        if is_new && !has_checksum && (is_long || is_in_parts) {
            let latency = self.counters.flow.latency();
            self.duties.revalidation.set_due(latency);
        }
    }

    /// Records that the file has every byte.
    pub fn mark_complete(&self) {
        // Before the coordinator can see a complete file that needs no revalidation.
        self.request_revalidation();
        if self.scheduler.set_complete() {
            self.events.send(Event::Complete);
        }
    }

    /// Returns whether nothing is left to request: the file has every byte, and the digest is
    /// known.
    pub fn is_settled(&self) -> bool {
        let active = self.context.active();
        self.scheduler.is_complete() && active.is_some_and(OpenDownload::is_digest_known)
    }

    /// Returns whether connection `index` has anything left to request.
    pub fn is_needed(&self, index: usize) -> bool {
        let requests_digest = || !self.is_settled() && self.duties.claim_digest_request(index);
        !self.scheduler.is_surplus(index) && (!self.scheduler.is_complete() || requests_digest())
    }
}
