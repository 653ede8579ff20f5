//! State of one HTTP server that all connections of a download share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use super::known_address::KnownAddress;
use super::version_record::VersionRecord;
use crate::model::http_url::HttpUrl;
use crate::model::resource_info::Version;
use crate::sync;
use crate::sync::notify::Notify;

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
    pub versions: VersionRecord,
    /// Held by the connection that compares the server's bytes with those of the file; true once that
    /// is done.
    pub compared: Mutex<bool>,
    /// Set if responses to range requests are malformed, so that the whole file is requested.
    invalid_ranges: AtomicBool,
    /// Set if responses to range requests run to the end of the file, past the requested end.
    open_ended: AtomicBool,
    /// Address at which the server accepted a connection.
    pub known_address: Arc<KnownAddress>,
}

impl Mirror {
    /// Creates a mirror about which only the URL is known.
    pub fn new(index: usize, url: HttpUrl) -> Self {
        Self {
            index,
            url,
            redirect: Mutex::new(None),
            len: OnceLock::new(),
            versions: VersionRecord::default(),
            compared: Mutex::new(false),
            invalid_ranges: AtomicBool::new(false),
            open_ended: AtomicBool::new(false),
            known_address: Arc::default(),
        }
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

    /// Forgets the target of earlier redirects.
    pub fn clear_redirect(&self) {
        self.redirect().take();
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

    /// Returns whether a response ran past the requested end of its range.
    pub fn is_open_ended(&self) -> bool {
        self.open_ended.load(Ordering::Relaxed)
    }

    /// Records a response that ran past the requested end of its range.
    pub fn set_open_ended(&self) {
        self.open_ended.store(true, Ordering::Relaxed);
    }

    fn redirect(&self) -> MutexGuard<'_, Option<HttpUrl>> {
        sync::lock(&self.redirect)
    }
}
