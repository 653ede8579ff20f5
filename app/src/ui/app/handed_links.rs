//! Links that were given to the program at its start, and links and downloads that other programs hand over.

use std::path::Path;

use eframe::egui::{Context, UserAttentionType, ViewportCommand};

use super::{LanesApp, Screen};
use crate::handed_download::HandedDownload;
use crate::instance::Listener;
use crate::ui::message::{Action, Note};
use lanes_engine::{Destination, DownloadId, DownloadSpec, DownloadState, Source};

impl LanesApp {
    /// Shows links in the Add dialog.
    pub(super) fn show_links(&mut self, links: &[String]) {
        if !links.is_empty() {
            self.screen = Screen::Downloads;
            self.downloads.add_to_form(&links.join("\n"));
        }
    }

    /// Lets programs that are started later find this window.
    pub(super) fn listen_for_links(&mut self, folder: &Path) {
        match Listener::start(folder, self.repaint.waker()) {
            Ok(listener) => self.instance = Some(listener),
            // Those programs then open a window of their own.
            Err(error) => tracing::warn!("cannot listen for links of other programs: {error}"),
        }
    }

    /// Shows the links that were handed over, and the window; starts the downloads of a browser.
    pub(super) fn take_links(&mut self, ctx: &Context) {
        let next = |app: &Self| app.instance.as_ref()?.take();
        while let Some(handed) = next(self) {
            self.show_links(&handed.links);
            for download in &handed.downloads {
                self.start_handed(download);
            }
            // The user is in the browser and stays there.
            ctx.send_viewport_cmd(match handed.downloads.is_empty() {
                true => ViewportCommand::Focus,
                false => ViewportCommand::RequestUserAttention(UserAttentionType::Informational),
            });
            if handed.downloads.is_empty() {
                ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
            }
        }
    }

    /// Starts a download of a browser, or continues the one whose link it renews.
    fn start_handed(&mut self, download: &HandedDownload) {
        let spec = download.to_spec();
        match spec.map(|spec| self.downloads.with_options(spec)) {
            Err(error) => {
                let words = format!("A download of the browser was refused: {error}");
                self.show_note(Note::error(words));
            }
            Ok(spec) => match self.renewed(&spec.source) {
                Some((id, destination)) => {
                    let spec = DownloadSpec {
                        destination,
                        ..spec
                    };
                    self.start(Some(id), spec);
                    self.downloads.show(id);
                }
                None => self.dispatch(vec![Action::Download(Box::new(spec), String::new())]),
            },
        }
    }

    /// Returns the unfinished download that a link renews, and its destination: same host and path, and an
    /// expired link.
    fn renewed(&self, source: &Source) -> Option<(DownloadId, Destination)> {
        let place = place(source)?;
        let download = self.snapshot.downloads.iter().find(|download| {
            matches!(download.state, DownloadState::Failed(_))
                && download.done > 0
                && self::place(&download.source) == Some(place.clone())
        })?;
        Some((download.id, Destination::File(download.path.clone()?)))
    }
}

/// Returns the link of a web server without its query, in which signatures expire.
fn place(source: &Source) -> Option<String> {
    let link = match source {
        Source::Http(_) => source.full_link(),
        Source::Lanes { .. } => return None,
    };
    let end = link.find('?').unwrap_or(link.len());
    Some(link[..end].to_owned())
}
