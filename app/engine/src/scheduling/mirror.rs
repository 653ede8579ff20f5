//! State of one HTTP server that all connections of a download share.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Instant;

use super::file_hints::FileHints;
use super::known_address::KnownAddress;
use super::open_requests::OpenRequests;
use super::range_trial::RangeTrial;
use super::validator_history::ValidatorHistory;
use crate::model::http_url::HttpUrl;
use crate::model::resource_info::Version;
use crate::sync;
use crate::sync::notify::Notify;

/// Failures in a row after which the target of the redirects is in doubt.
const DOUBTFUL: usize = 3;

/// One server that holds the file.
pub(crate) struct Mirror {
    /// Index among the mirrors of the download.
    pub index: usize,
    /// URL as the user gave it.
    pub url: HttpUrl,
    /// Target of the redirects followed so far.
    redirect: Mutex<Option<HttpUrl>>,
    /// Length that the server reported first.
    len: OnceLock<u64>,
    /// Versions that the server reported.
    pub versions: ValidatorHistory,
    /// Held by the connection that compares the server's bytes with those of the file; true once that
    /// is done.
    pub compared: Mutex<bool>,
    /// Set if responses to range requests are malformed, so that the whole file is requested.
    invalid_ranges: AtomicBool,
    /// Evidence of whether the server serves ranges.
    pub ranges: RangeTrial,
    /// Set once identity is demanded instead of preferred, because a response was encoded.
    demands_identity: AtomicBool,
    /// Facts about the file that are known before a response.
    pub expected: FileHints,
    /// The requests of each connection.
    pub requests: OpenRequests,
    /// Responses that are being received.
    responses: AtomicUsize,
    /// Responses whose body was received, or is.
    bodies: AtomicUsize,
    /// Requests in a row that failed at the target of the redirects.
    redirect_failures: AtomicUsize,
    /// Time of the latest request that failed while responses were received, until a later one is served.
    refused: Mutex<Option<Instant>>,
    /// Address at which the server accepted a connection.
    pub known_address: Arc<KnownAddress>,
    /// Set if redirects to other hosts are not followed.
    pub stays_on_host: bool,
}

impl Mirror {
    /// Creates a mirror about which only the URL is known.
    pub fn new(index: usize, url: HttpUrl) -> Self {
        Self {
            index,
            url,
            redirect: Mutex::new(None),
            len: OnceLock::new(),
            versions: ValidatorHistory::default(),
            compared: Mutex::new(false),
            invalid_ranges: AtomicBool::new(false),
            ranges: RangeTrial::default(),
            demands_identity: AtomicBool::new(false),
            expected: FileHints::default(),
            requests: OpenRequests::default(),
            responses: AtomicUsize::new(0),
            bodies: AtomicUsize::new(0),
            redirect_failures: AtomicUsize::new(0),
            refused: Mutex::default(),
            known_address: Arc::default(),
            stays_on_host: false,
        }
    }

    /// Follows no redirect to another host.
    pub fn on_own_host(mut self) -> Self {
        self.stays_on_host = true;
        self
    }

    /// Notifies `notify` when the address of the server becomes known.
    pub fn with_notify(mut self, notify: &Arc<Notify>) -> Self {
        self.known_address = Arc::new(KnownAddress::new(notify));
        self
    }

    /// Returns the URL to request: the target of earlier redirects, so that they are followed once.
    pub fn current_url(&self) -> HttpUrl {
        self.redirect().clone().unwrap_or_else(|| self.url.clone())
    }

    /// Returns host and port of the current URL.
    pub fn server(&self) -> String {
        let redirect = self.redirect();
        redirect.as_ref().unwrap_or(&self.url).server().to_owned()
    }

    /// Returns scheme, host and port of the current URL.
    pub fn origin(&self) -> String {
        let redirect = self.redirect();
        redirect.as_ref().unwrap_or(&self.url).origin()
    }

    /// Records the URL that a request ended at.
    pub fn set_redirect(&self, url: HttpUrl) {
        *self.redirect() = (url != self.url).then_some(url);
    }

    /// Counts a response that connection `index` receives, until the guards are dropped.
    pub fn begin_response(&self, index: usize) -> (impl Drop, impl Drop) {
        self.responses.fetch_add(1, Ordering::AcqRel);
        self.count_body();
        (ResponseGuard(&self.responses), self.requests.receive(index))
    }

    /// Counts a further response that continues one which is being received.
    pub fn count_body(&self) {
        self.bodies.fetch_add(1, Ordering::Relaxed);
    }

    /// Returns the number of responses that are being received.
    pub fn responses(&self) -> usize {
        self.responses.load(Ordering::Acquire)
    }

    /// Returns the number of responses whose body was received, or is.
    pub fn bodies(&self) -> usize {
        self.bodies.load(Ordering::Relaxed)
    }

    /// Records whether a request of connection `index` that began at `begun` was served.
    pub fn record_request(&self, index: usize, begun: Instant, is_served: bool) {
        self.requests.answer(index, Instant::now(), is_served);
        let mut refused = sync::lock(&self.refused);
        if !is_served && self.responses() > 0 {
            *refused = Some(Instant::now());
        } else if is_served && refused.is_some_and(|at| at <= begun) {
            *refused = None;
        }
    }

    /// Returns whether the latest requests failed, or wait in silence, while responses are received. A
    /// response that is open may then be the last one.
    pub fn refuses_requests(&self) -> bool {
        sync::lock(&self.refused).is_some() || self.requests.any_silent(Instant::now())
    }

    /// Records whether a request to the target of the redirects had a response.
    pub fn record_at_redirect(&self, has_response: bool) {
        match has_response {
            true => self.redirect_failures.store(0, Ordering::Relaxed),
            false => {
                self.redirect_failures.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Returns whether the target of the redirects may be gone, so that the original URL is tried in turn
    /// with it.
    pub fn doubts_redirect(&self) -> bool {
        let failures = self.redirect_failures.load(Ordering::Relaxed);
        failures >= DOUBTFUL && failures.is_multiple_of(DOUBTFUL) && self.responses() == 0
    }

    /// Records the reported length; returns whether it equals the length reported first.
    pub fn confirm_len(&self, len: u64) -> bool {
        *self.len.get_or_init(|| len) == len
    }

    /// Returns the target of the redirects, for display.
    pub fn final_url(&self) -> Option<String> {
        self.redirect().as_ref().map(ToString::to_string)
    }

    /// Records the reported version; returns whether it is compatible with the version reported
    /// first.
    pub fn confirm_version(&self, version: &Version) -> bool {
        self.versions.confirm(version)
    }

    /// Returns whether the bytes of the server were compared, so that it may have delivered some.
    pub fn is_compared(&self) -> bool {
        *sync::lock(&self.compared)
    }

    /// Records that the bytes of the server need not be compared: it is the first.
    pub fn set_compared(&self) {
        *sync::lock(&self.compared) = true;
    }

    /// Returns whether a response to a range request was malformed.
    pub fn has_invalid_ranges(&self) -> bool {
        self.invalid_ranges.load(Ordering::Relaxed)
    }

    /// Records a malformed response to a range request.
    pub fn set_invalid_ranges(&self) {
        self.invalid_ranges.store(true, Ordering::Relaxed);
    }

    /// Returns whether requests demand a body without content coding.
    pub fn demands_identity(&self) -> bool {
        self.demands_identity.load(Ordering::Relaxed)
    }

    /// Demands a body without content coding from now on. Returns whether that is new.
    pub fn demand_identity(&self) -> bool {
        !self.demands_identity.swap(true, Ordering::Relaxed)
    }

    fn redirect(&self) -> MutexGuard<'_, Option<HttpUrl>> {
        sync::lock(&self.redirect)
    }
}

/// Counts one response until it is dropped.
struct ResponseGuard<'a>(&'a AtomicUsize);

impl Drop for ResponseGuard<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
