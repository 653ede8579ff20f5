//! Notifications to WebSocket clients.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::{Receiver, Sender, bounded};
use serde_json::json;

use super::gid::Gid;

/// Most notifications that wait for one client. A slower client is disconnected.
const MAX_WAITING: usize = 1024;

/// An event of a download.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Start,
    Pause,
    Stop,
    Complete,
    Error,
}

impl Event {
    /// All events.
    pub(crate) const ALL: [Self; 5] = [
        Self::Start,
        Self::Pause,
        Self::Stop,
        Self::Complete,
        Self::Error,
    ];

    /// Returns the method of the notification.
    pub(crate) fn method(self) -> &'static str {
        match self {
            Self::Start => "aria2.onDownloadStart",
            Self::Pause => "aria2.onDownloadPause",
            Self::Stop => "aria2.onDownloadStop",
            Self::Complete => "aria2.onDownloadComplete",
            Self::Error => "aria2.onDownloadError",
        }
    }
}

/// Sends notifications to all subscribers.
#[derive(Default)]
pub(crate) struct Notifier {
    subscribers: Mutex<Vec<Sender<Arc<str>>>>,
}

impl Notifier {
    /// Adds a subscriber. The channel closes when the subscriber is too slow, or the daemon ends.
    pub(crate) fn subscribe(&self) -> Receiver<Arc<str>> {
        let (sender, receiver) = bounded(MAX_WAITING);
        self.subscribers().push(sender);
        receiver
    }

    /// Sends an event. Never waits: a subscriber that has too many notifications waiting is dropped.
    pub(crate) fn publish(&self, event: Event, gid: Gid) {
        let mut subscribers = self.subscribers();
        if subscribers.is_empty() {
            return;
        }
        let text = json!({
            "jsonrpc": "2.0",
            "method": event.method(),
            "params": [{ "gid": gid.to_string() }],
        });
        let text: Arc<str> = text.to_string().into();
        subscribers.retain(|sender| sender.try_send(Arc::clone(&text)).is_ok());
    }

    /// Removes all subscribers.
    pub(crate) fn close(&self) {
        self.subscribers().clear();
    }

    fn subscribers(&self) -> MutexGuard<'_, Vec<Sender<Arc<str>>>> {
        self.subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}
