//! What the connections of one download know together of an HTTP server.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::known_address::KnownAddress;
use crate::model::http_url::HttpUrl;
use crate::model::resource_info::Version;
use crate::sync::notify::Notify;

/// One server that gives the file.
pub(crate) struct Mirror {
    /// Its place among the servers of the download, from 0.
    pub number: usize,
    /// The link as it was given.
    pub url: HttpUrl,
    /// Where it leads, once redirects were followed.
    leads_to: Mutex<Option<HttpUrl>>,
    /// The length it gave first.
    len: OnceLock<u64>,
    /// The version it gave first.
    version: OnceLock<Version>,
    /// Whether it gives parts only in a way that makes no sense, so that it is asked for all.
    plain: AtomicBool,
    /// Whether it gives all that follows the first byte asked for, whatever the last one was.
    open_ended: AtomicBool,
    pub(crate) door: Arc<KnownAddress>,
}

impl Mirror {
    /// A server of which nothing is known but the link.
    pub fn new(number: usize, url: HttpUrl) -> Self {
        Self {
            number,
            url,
            leads_to: Mutex::new(None),
            len: OnceLock::new(),
            version: OnceLock::new(),
            plain: AtomicBool::new(false),
            open_ended: AtomicBool::new(false),
            door: Arc::default(),
        }
    }

    /// Rings `bell` when it is reached.
    pub(crate) fn with_bell(mut self, bell: &Arc<Notify>) -> Self {
        self.door = Arc::new(KnownAddress::new(bell));
        self
    }

    /// The URL to ask: where redirects led before, so that they are followed once only.
    pub(crate) fn current(&self) -> HttpUrl {
        self.lead().clone().unwrap_or_else(|| self.url.clone())
    }

    /// Host and port that are asked now, whether over TLS or not.
    pub(crate) fn server(&self) -> String {
        let lead = self.lead();
        lead.as_ref().unwrap_or(&self.url).server().to_owned()
    }

    /// Scheme, host and port that are asked now.
    pub(crate) fn origin(&self) -> String {
        let lead = self.lead();
        lead.as_ref().unwrap_or(&self.url).origin()
    }

    /// Redirects led here.
    pub(crate) fn leads_to(&self, url: HttpUrl) {
        *self.lead() = (url != self.url).then_some(url);
    }

    /// Forgets where redirects led.
    pub(crate) fn forget_lead(&self) {
        self.lead().take();
    }

    /// The server says that the file is so long. Returns whether that is what it said before.
    pub(crate) fn says_len(&self, len: u64) -> bool {
        *self.len.get_or_init(|| len) == len
    }

    /// Where redirects led, for a screen.
    pub fn final_url(&self) -> Option<String> {
        self.lead().as_ref().map(ToString::to_string)
    }

    /// The server's file is of this version. Returns whether that is what it was.
    pub(crate) fn agree(&self, version: &Version) -> bool {
        self.version
            .get_or_init(|| version.clone())
            .is_compatible_with(version)
    }

    pub(crate) fn is_plain(&self) -> bool {
        self.plain.load(Ordering::Relaxed)
    }

    pub(crate) fn set_plain(&self) {
        self.plain.store(true, Ordering::Relaxed);
    }

    pub(crate) fn is_open_ended(&self) -> bool {
        self.open_ended.load(Ordering::Relaxed)
    }

    pub(crate) fn set_open_ended(&self) {
        self.open_ended.store(true, Ordering::Relaxed);
    }

    fn lead(&self) -> std::sync::MutexGuard<'_, Option<HttpUrl>> {
        // A plain value, whole at every moment.
        self.leads_to.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
