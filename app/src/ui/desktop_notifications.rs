//! Notifications on the desktop, for who looks at another window.
//!
//! A desktop without a service for them, or with a dead one, must cost nothing: they are sent from a
//! thread of their own, and when more come than it can send, they are left out. Like a file dialog
//! that hangs, a thread that hangs in there is left to end with the process; it holds nothing.

use std::thread::{Builder, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};

/// How many wait to be sent.
const WAITING: usize = 4;

/// One notification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// What happened, in a few words.
    pub summary: String,
    /// What else there is to say.
    pub body: String,
}

/// Sends notifications.
pub(crate) struct Announcer {
    /// Where they go instead of the desktop.
    instead: Option<Sender<Announcement>>,
    desktop: Option<(Sender<Announcement>, JoinHandle<()>)>,
}

impl Announcer {
    /// One that sends to the desktop, or to `instead`.
    pub(crate) fn new(instead: Option<Sender<Announcement>>) -> Self {
        let desktop = None;
        Self { instead, desktop }
    }

    /// Sends a notification, if that is possible. Never waits.
    pub(crate) fn announce(&mut self, announcement: Announcement) {
        let sender = match &self.instead {
            Some(instead) => instead,
            None => match self.desktop() {
                Some(sender) => sender,
                None => return,
            },
        };
        // One that has no room is left out.
        let _ = sender.try_send(announcement);
    }

    /// The way to the desktop, whose thread starts with the first notification.
    fn desktop(&mut self) -> Option<&Sender<Announcement>> {
        if self.desktop.is_none() {
            let (sender, inbox) = bounded(WAITING);
            let thread = Builder::new().name("notify".into());
            let thread = thread.spawn(move || send_all(&inbox)).ok()?;
            self.desktop = Some((sender, thread));
        }
        self.desktop.as_ref().map(|(sender, _)| sender)
    }
}

fn send_all(inbox: &Receiver<Announcement>) {
    for Announcement { summary, body } in inbox {
        let mut notification = notify_rust::Notification::new();
        notification.appname("Lanes").summary(&summary).body(&body);
        of_this_program(&mut notification);
        let sent = notification.show();
        if let Err(error) = sent {
            tracing::debug!("no notification: {error}");
        }
    }
}

/// By its entry a desktop shows a notification with the program's icon and name, and among its settings.
#[cfg(all(unix, not(target_vendor = "apple")))]
fn of_this_program(notification: &mut notify_rust::Notification) {
    let entry = notify_rust::Hint::DesktopEntry(super::APP_ID.to_owned());
    notification.icon("lanes").hint(entry);
}

/// Other systems know it by themselves.
#[cfg(not(all(unix, not(target_vendor = "apple"))))]
fn of_this_program(_: &mut notify_rust::Notification) {}

impl Drop for Announcer {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.desktop.take() {
            drop(sender);
            if thread.is_finished() && thread.join().is_err() {
                tracing::error!("the thread `notify` panicked");
            }
        }
    }
}
