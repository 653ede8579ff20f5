//! Notifications on the desktop, for who looks at another window.
//!
//! A desktop without a service for them, or with a dead one, must cost nothing: they are sent from a
//! thread of their own, and when more come than it can send, they are left out. Like a file dialog
//! that hangs, a thread that hangs in there is left to end with the process; it holds nothing.

use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};

/// How many wait to be sent.
const QUEUE_LEN: usize = 4;

/// One notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// What happened, in a few words.
    pub summary: String,
    /// What else there is to say.
    pub body: String,
}

/// Sends notifications.
pub(crate) struct DesktopNotifications {
    /// Where they go instead of the desktop.
    sink: Option<Sender<Notification>>,
    desktop: Option<(Sender<Notification>, JoinHandle<()>)>,
}

impl DesktopNotifications {
    /// One that sends to the desktop, or to `instead`.
    pub(crate) fn new(sink: Option<Sender<Notification>>) -> Self {
        let desktop = None;
        Self { sink, desktop }
    }

    /// Sends a notification, if that is possible. Never waits.
    pub(crate) fn send(&mut self, notification: Notification) {
        let sender = match &self.sink {
            Some(sink) => sink,
            None => match self.desktop() {
                Some(sender) => sender,
                None => return,
            },
        };
        // One that has no room is left out.
        let _ = sender.try_send(notification);
    }

    /// The way to the desktop, whose thread starts with the first notification.
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

/// By its entry a desktop shows a notification with the program's icon and name, and among its settings.
#[cfg(all(unix, not(target_vendor = "apple")))]
fn set_origin(notification: &mut notify_rust::Notification) {
    let entry = notify_rust::Hint::DesktopEntry(super::APP_ID.to_owned());
    notification.icon("lanes").hint(entry);
}

/// Other systems know it by themselves.
#[cfg(not(all(unix, not(target_vendor = "apple"))))]
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
