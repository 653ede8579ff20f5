//! Asks before the window closes while downloads run.

use eframe::egui::{Context, Id, Key, Modifiers, Ui, ViewportCommand};

use super::LanesApp;
use crate::ui::format;
use crate::ui::widgets::{controls, modal};

/// State of a request to close the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Closing {
    /// There is none.
    #[default]
    No,
    /// The user is asked.
    Asked,
    /// The user has confirmed it.
    Confirmed,
}

impl LanesApp {
    /// Keeps the window open until the user has confirmed that it closes, if downloads run.
    pub(super) fn check_close(&mut self, ctx: &Context) {
        let is_requested = ctx.input(|input| input.viewport().close_requested());
        if is_requested
            && self.closing != Closing::Confirmed
            && self.settings.asks_to_close
            && self.active_downloads() > 0
        {
            // A second request, while the question is shown, is an answer.
            if self.closing == Closing::No {
                ctx.send_viewport_cmd(ViewportCommand::CancelClose);
                self.closing = Closing::Asked;
            }
        }
    }

    fn active_downloads(&self) -> usize {
        let downloads = self.snapshot.downloads.iter();
        downloads.filter(|now| now.state.is_active()).count()
    }

    /// Draws the question.
    pub(super) fn close_ui(&mut self, ui: &mut Ui) {
        if self.closing != Closing::Asked {
            return;
        }
        let (mut is_open, mut is_quitting, mut stays) = (true, false, false);
        let count = format::count(self.active_downloads(), "download");
        let settings = &mut self.settings;
        modal::window(ui, Id::unique("close"), "Quit Lanes?")
            .open(&mut is_open)
            .auto_sized()
            .show(ui.ctx(), |ui| {
                ui.set_width(400.0);
                ui.spacing_mut().item_spacing.y = 12.0;
                ui.label(format!(
                    "{count} running. The data received so far is kept; after the next start, Resume continues"
                ));
                let mut is_silent = !settings.asks_to_close;
                controls::checkbox(ui, &mut is_silent, "Do not ask again");
                settings.asks_to_close = !is_silent;
                ui.horizontal(|ui| {
                    is_quitting = controls::primary(ui, "Quit").clicked();
                    stays = controls::button(ui, "Keep downloading").clicked();
                });
            });
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let escape = pressed(Key::Escape);
        is_quitting |= pressed(Key::Enter);
        if is_quitting {
            self.closing = Closing::Confirmed;
            ui.ctx().send_viewport_cmd(ViewportCommand::Close);
        } else if stays || !is_open || escape {
            self.closing = Closing::No;
        }
    }
}
