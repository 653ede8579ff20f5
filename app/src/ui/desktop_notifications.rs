//! Desktop notifications, for when another window has the focus.
//!
//! A missing or dead notification service must not block the program: a thread of its own sends
//! them, and a full queue drops them. A thread that hangs in the service ends with the process; it
//! holds no state.

use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};
use lanes_engine::one_line;

/// Capacity of the send queue.
const QUEUE_LEN: usize = 4;

/// A notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// The title.
    pub summary: String,
    /// The text below the title, with its markup escaped.
    pub body: String,
}

impl Notification {
    /// Returns a text as the body of a notification. Only a body is markup, and only on freedesktop systems
    /// (Desktop Notifications Specification, Markup): names and errors of servers must not become links.
    pub(crate) fn body_text(text: &str) -> String {
        let text = one_line(text);
        if cfg!(all(unix, not(target_vendor = "apple"))) {
            let text = text.replace('&', "&amp;");
            text.replace('<', "&lt;").replace('>', "&gt;")
        } else {
            text.into_owned()
        }
    }
}

/// Sends desktop notifications.
pub(crate) struct DesktopNotifications {
    /// Receives the notifications instead of the desktop.
    sink: Option<Sender<Notification>>,
    desktop: Option<(Sender<Notification>, JoinHandle<()>)>,
}

impl DesktopNotifications {
    /// Sends to `sink` if given, else to the desktop.
    pub(crate) fn new(sink: Option<Sender<Notification>>) -> Self {
        let desktop = None;
        Self { sink, desktop }
    }

    /// Sends a notification if possible. Never blocks.
    pub(crate) fn send(&mut self, notification: Notification) {
        let sender = match &self.sink {
            Some(sink) => sink,
            None => match self.desktop() {
                Some(sender) => sender,
                None => return,
            },
        };
        // A full queue drops the notification.
        let _ = sender.try_send(notification);
    }

    /// Returns the queue of the sending thread, which starts with the first notification.
    fn desktop(&mut self) -> Option<&Sender<Notification>> {
        if self.desktop.is_none() {
            let (sender, inbox) = bounded(QUEUE_LEN);
            let thread = Builder::new().name("notify".into());
            let thread = thread.spawn(move || run(&inbox)).ok()?;
            self.desktop = Some((sender, thread));
        }
        self.desktop.as_ref().map(|(sender, _)| sender)
    }
}

fn run(inbox: &Receiver<Notification>) {
    for Notification { summary, body } in inbox {
        let mut notification = notify_rust::Notification::new();
        notification.appname("Lanes").summary(&summary).body(&body);
        set_origin(&mut notification);
        let sent = notification.show();
        if let Err(error) = sent {
            tracing::debug!("no notification: {error}");
        }
    }
}

/// Sets the desktop entry, from which the desktop takes the program's icon, name and notification
/// settings.
#[cfg(all(unix, not(target_vendor = "apple")))]
fn set_origin(notification: &mut notify_rust::Notification) {
    let entry = notify_rust::Hint::DesktopEntry(super::APP_ID.to_owned());
    notification.icon("lanes").hint(entry);
}

/// Sets the program's id. Windows shows nothing for an id that is not registered, and names its own
/// PowerShell for a notification without an id.
#[cfg(windows)]
fn set_origin(notification: &mut notify_rust::Notification) {
    let key = format!("Software\\Classes\\AppUserModelId\\{}", super::APP_ID);
    let registered = windows_registry::CURRENT_USER
        .create(key)
        .and_then(|key| key.set_string("DisplayName", "Lanes"));
    match registered {
        Ok(()) => {
            notification.app_id(super::APP_ID);
        }
        Err(error) => tracing::debug!("the id of notifications is not registered: {error}"),
    }
}

/// Does nothing: macOS identifies the program itself.
#[cfg(target_vendor = "apple")]
fn set_origin(_: &mut notify_rust::Notification) {}

impl Drop for DesktopNotifications {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.desktop.take() {
            drop(sender);
            if thread.is_finished() && thread.join().is_err() {
                tracing::error!("the thread `notify` panicked");
            }
        }
    }
}
