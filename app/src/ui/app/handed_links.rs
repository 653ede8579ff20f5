//! Links that were given to the program at its start, or that a program started later hands over.

use std::path::Path;

use eframe::egui::{Context, ViewportCommand};

use super::{LanesApp, Screen};
use crate::instance::Listener;

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

    /// Shows the links that were handed over, and the window.
    pub(super) fn take_links(&mut self, ctx: &Context) {
        let next = |app: &Self| app.instance.as_ref()?.take();
        while let Some(links) = next(self) {
            self.show_links(&links);
            ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
            ctx.send_viewport_cmd(ViewportCommand::Focus);
        }
    }
}
