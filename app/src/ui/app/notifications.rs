//! What became of downloads, told where it is seen: in a corner of the window, or on the desktop.

use eframe::egui;

use super::state_diff::StateChange;
use super::{LanesApp, Screen};
use crate::engine::{Command, DownloadSnapshot, DownloadState};
use crate::ui::desktop_notifications::Notification;
use crate::ui::format;
use crate::ui::message::{Action, Note};

/// When more end at once than this, one notification tells of all.
const MAX_SEPARATE: usize = 3;

impl LanesApp {
    /// Tells what happened since the last frame.
    pub(super) fn notify_changes(&mut self, ctx: &egui::Context) {
        let changes = self.state_diff.changes(&self.snapshot);
        if self.settings.notifies && !ctx.input(|input| input.focused) {
            for notification in notifications(&changes) {
                self.desktop_notifications.send(notification);
            }
        }
        for change in changes {
            self.report(change);
        }
    }

    /// Tells what happened, unless it is seen anyway.
    fn report(&mut self, change: StateChange) {
        match change {
            StateChange::Remark(words) => self.show_note(Note::error(words)),
            // Whoever adds something else just now is not interrupted.
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

/// A message that a download failed, with the ways on from there.
fn failed(download: &DownloadSnapshot, reason: &str) -> Note {
    let id = download.id;
    let note = Note::error(format!("{} failed: {reason}", download.name));
    let note = if download.is_metalink {
        note.with_action("Show its files…", Action::OpenMetalink(id))
    } else if download.has_changed {
        note.with_action("Begin anew", Action::Engine(Command::BeginAnew(id)))
    } else {
        note.with_action("Retry", Action::Engine(Command::Resume(id)))
            .with_action("Save elsewhere…", Action::Edit(id))
    };
    note.with_action("Details", Action::Show(id))
}

/// What to say on the desktop.
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
    let name = &download.name;
    match &download.state {
        DownloadState::Failed(reason) => Notification {
            summary: format!("{name} failed"),
            body: format::capital(reason),
        },
        _ => {
            let size = format::size(download.len.unwrap_or(download.done));
            let took = format::time(download.elapsed);
            let path = download.path.as_ref();
            let folder = path.and_then(|path| path.parent());
            let place = folder.map(|folder| format!(", in {}", folder.display()));
            Notification {
                summary: format!("{name} is here"),
                body: format!("{size} in {took}{}", place.unwrap_or_default()),
            }
        }
    }
}
