//! Reports finished and failed downloads: in a corner of the window, or on the desktop.

use eframe::egui;

use super::state_diff::StateChange;
use super::{LanesApp, Screen};
use crate::ui::desktop_notifications::Notification;
use crate::ui::format;
use crate::ui::message::{Action, Note};
use lanes_engine::{Command, DownloadSnapshot, DownloadState, one_line};

/// If more downloads end at once, one notification summarises them.
const MAX_SEPARATE: usize = 3;

impl LanesApp {
    /// Reports what has changed since the last frame.
    pub(super) fn notify_changes(&mut self, ctx: &egui::Context) {
        let changes = self.state_diff.changes(&self.snapshot);
        if self.settings.notifies && !ctx.input(|input| input.focused) {
            for notification in notifications(&changes) {
                self.desktop_notifications.send(notification);
            }
        }
        for change in changes {
            self.download_ended(&change);
            self.report(change);
        }
    }

    /// Reports a change in the window, unless the user is looking at it.
    fn report(&mut self, change: StateChange) {
        match change {
            StateChange::Remark(words) => self.show_note(Note::error(words)),
            // An open Add dialog is not interrupted.
            StateChange::Ended(download)
                if download.is_metalink && self.downloads.add.is_none() =>
            {
                self.open_metalink(download.id);
            }
            StateChange::Ended(download) => {
                let is_seen = self.screen == Screen::Downloads && self.downloads.shows(download.id);
                if let DownloadState::Failed(reason) = &download.state
                    && !is_seen
                {
                    self.show_note(failed(&download, reason));
                }
            }
        }
    }
}

/// Returns the message for a failed download, with buttons for the next step.
fn failed(download: &DownloadSnapshot, reason: &str) -> Note {
    let id = download.id;
    let note = Note::error(format!("{} failed: {reason}", download.name));
    let note = if download.is_metalink {
        note.with_action("Show its files…", Action::OpenMetalink(id))
    } else if download.source_changed {
        note.with_action("Start over", Action::Engine(Command::Restart(id)))
    } else {
        note.with_action("Retry", Action::Engine(Command::Resume(id)))
            .with_action("Save to another folder…", Action::Edit(id))
    };
    let mut note = note.with_action("Details", Action::Show(id));
    note.failures = 1;
    note
}

/// Returns the desktop notifications for these changes.
fn notifications(changes: &[StateChange]) -> Vec<Notification> {
    let ended: Vec<&DownloadSnapshot> = changes
        .iter()
        .filter_map(|change| match change {
            StateChange::Ended(download) => Some(&**download),
            StateChange::Remark(_) => None,
        })
        .collect();
    if ended.len() <= MAX_SEPARATE {
        return ended.into_iter().map(notification_for).collect();
    }
    let failed = |download: &&&DownloadSnapshot| matches!(download.state, DownloadState::Failed(_));
    let failed = ended.iter().filter(failed).count();
    let body = match failed {
        0 => String::new(),
        failed => format!("{failed} of them failed"),
    };
    vec![Notification {
        summary: format!("{} ended", format::count(ended.len(), "download")),
        body,
    }]
}

fn notification_for(download: &DownloadSnapshot) -> Notification {
    let name = one_line(&download.name);
    match &download.state {
        DownloadState::Failed(reason) => Notification {
            summary: format!("{name} failed"),
            body: Notification::body_text(&format::capital(reason)),
        },
        _ => {
            let size = format::size(download.len.unwrap_or(download.done));
            let took = format::time(download.elapsed);
            let path = download.path.as_ref();
            let folder = path.and_then(|path| path.parent());
            let place = folder.map(|folder| format!(", in {}", folder.display()));
            Notification {
                summary: format!("{name} downloaded"),
                body: Notification::body_text(&format!(
                    "{size} in {took}{}",
                    place.unwrap_or_default()
                )),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use lanes_engine::{DownloadId, DownloadSpec};

    #[test]
    fn notifications_have_no_markup_of_strangers() {
        let spec = DownloadSpec::new("https://h/a.bin?sig=SECRET".parse().unwrap());
        let requested = DownloadSnapshot::requested(DownloadId(1), &spec, SystemTime::UNIX_EPOCH);
        let failed = DownloadSnapshot {
            name: "a\u{202e}b".to_owned(),
            state: DownloadState::Failed("<a href='http://evil'>x</a> &amp;\u{200b}\n".to_owned()),
            ..requested
        };
        let shown = notification_for(&failed);
        assert_eq!(shown.summary, "a\u{fffd}b failed");
        assert!(!shown.body.contains(['\u{200b}', '\n']), "{}", shown.body);
        if cfg!(all(unix, not(target_vendor = "apple"))) {
            let expected = "&lt;a href='http://evil'&gt;x&lt;/a&gt; &amp;amp;";
            assert!(shown.body.starts_with(expected), "{}", shown.body);
        }
    }
}
