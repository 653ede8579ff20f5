//! What became of downloads, told where it is seen: in a corner of the window, or on the desktop.

use eframe::egui;

use super::state_diff::News;
use super::{Action, LanesApp, Note, Screen};
use crate::engine::{Command, DownloadSnapshot, DownloadState};
use crate::ui::desktop_notifications::Announcement;
use crate::ui::format;

/// When more end at once than this, one notification tells of all.
const MOST_AT_ONCE: usize = 3;

impl LanesApp {
    /// Tells what happened since the last frame.
    pub(super) fn tell_news(&mut self, ctx: &egui::Context) {
        let news = self.watch.news(&self.snapshot);
        if self.settings.notifies && !ctx.input(|input| input.focused) {
            for announcement in announcements(&news) {
                self.announcer.announce(announcement);
            }
        }
        for news in news {
            self.tell(news);
        }
    }

    /// Tells what happened, unless it is seen anyway.
    fn tell(&mut self, news: News) {
        match news {
            News::Remark(words) => self.say(Note::bad(words)),
            // Whoever adds something else just now is not interrupted.
            News::Ended(download) if download.is_metalink && self.downloads.add.is_none() => {
                self.open_metalink(download.id);
            }
            News::Ended(download) => {
                let is_seen = self.screen == Screen::Downloads && self.downloads.shows(download.id);
                if let DownloadState::Failed(reason) = &download.state
                    && !is_seen
                {
                    self.say(failed(&download, reason));
                }
            }
        }
    }
}

/// A message that a download failed, with the ways on from there.
fn failed(download: &DownloadSnapshot, reason: &str) -> Note {
    let id = download.id;
    let note = Note::bad(format!("{} failed: {reason}", download.name));
    let note = if download.is_metalink {
        note.or("Show its files…", Action::OpenMetalink(id))
    } else if download.has_changed {
        note.or("Begin anew", Action::Engine(Command::BeginAnew(id)))
    } else {
        note.or("Retry", Action::Engine(Command::Resume(id)))
            .or("Save elsewhere…", Action::Alter(id))
    };
    note.or("Details", Action::Show(id))
}

/// What to say on the desktop.
fn announcements(news: &[News]) -> Vec<Announcement> {
    let ended: Vec<&DownloadSnapshot> = news
        .iter()
        .filter_map(|news| match news {
            News::Ended(download) => Some(&**download),
            News::Remark(_) => None,
        })
        .collect();
    if ended.len() <= MOST_AT_ONCE {
        return ended.into_iter().map(of_one).collect();
    }
    let failed = |download: &&&DownloadSnapshot| matches!(download.state, DownloadState::Failed(_));
    let failed = ended.iter().filter(failed).count();
    let body = match failed {
        0 => String::new(),
        failed => format!("{failed} of them failed"),
    };
    vec![Announcement {
        summary: format!("{} ended", format::count(ended.len(), "download")),
        body,
    }]
}

fn of_one(download: &DownloadSnapshot) -> Announcement {
    let name = &download.name;
    match &download.state {
        DownloadState::Failed(reason) => Announcement {
            summary: format!("{name} failed"),
            body: format::capital(reason),
        },
        _ => {
            let size = format::size(download.len.unwrap_or(download.done));
            let took = format::time(download.elapsed);
            let path = download.path.as_ref();
            let folder = path.and_then(|path| path.parent());
            let place = folder.map(|folder| format!(", in {}", folder.display()));
            Announcement {
                summary: format!("{name} is here"),
                body: format!("{size} in {took}{}", place.unwrap_or_default()),
            }
        }
    }
}
