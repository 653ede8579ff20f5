//! Requests that one connection makes on behalf of the whole transfer.

use std::sync::{Mutex, OnceLock};

use lanes_shared::link::LinkProfile;
use lanes_shared::wire::LinkReport;

use super::final_recheck_claim::FinalRecheckClaim;
use crate::model::spec::DownloadSpec;

/// Assigns each duty to the first connection that offers itself.
pub(crate) struct OneTimeRequests {
    digest_requester: OnceLock<usize>,
    report_requester: OnceLock<usize>,
    link_report: OnceLock<LinkReport>,
    /// Set if the server emulates a link, so that it can report its statistics.
    expects_report: bool,
    pub revalidation: FinalRecheckClaim,
    /// Held by the connection that sends a second request because nothing arrives.
    pub second_request: Mutex<()>,
}

impl OneTimeRequests {
    /// Creates the duties of a download.
    pub fn new(spec: &DownloadSpec) -> Self {
        let emulates = |link: &LinkProfile| !link.is_open();
        let is_lanes = spec.source.lanes_server().is_some();
        Self {
            digest_requester: OnceLock::new(),
            report_requester: OnceLock::new(),
            link_report: OnceLock::new(),
            expects_report: is_lanes && spec.link.as_ref().is_some_and(emulates),
            revalidation: FinalRecheckClaim::default(),
            second_request: Mutex::default(),
        }
    }

    /// Returns whether connection `index` is the one to request the digest.
    pub fn claim_digest_request(&self, index: usize) -> bool {
        *self.digest_requester.get_or_init(|| index) == index
    }

    /// Returns whether connection `index` is the one to request the link report, which is still
    /// missing.
    pub fn claim_report_request(&self, index: usize) -> bool {
        !self.is_report_settled() && *self.report_requester.get_or_init(|| index) == index
    }

    /// Records the link report; later ones are equal and ignored.
    pub fn set_link_report(&self, report: LinkReport) {
        let _ = self.link_report.set(report);
    }

    /// Returns the statistics of the emulated link, if the server reported them.
    pub fn link_report(&self) -> Option<&LinkReport> {
        self.link_report.get()
    }

    /// Returns whether no link report is missing.
    pub fn is_report_settled(&self) -> bool {
        !self.expects_report || self.link_report.get().is_some()
    }
}
