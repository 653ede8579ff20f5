//! Keyboard shortcuts that work regardless of the focus.

use eframe::egui::{self, Key, Modifiers};

use super::{LanesApp, Screen};
use crate::ui::message::{Action, RaceAction};
use crate::ui::settings::Settings;

impl LanesApp {
    /// Handles the shortcuts of [`crate::ui::downloads::HELP`]. An open dialog takes its keys
    /// first.
    pub(super) fn keys(&mut self, ctx: &egui::Context) {
        if ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::F1)) {
            self.shows_help = !self.shows_help;
        }
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, key));
        for (key, screen) in [
            (Key::Num1, Screen::Downloads),
            (Key::Num2, Screen::Compare),
            (Key::Num3, Screen::Server),
            (Key::Num4, Screen::Settings),
            (Key::Num5, Screen::Lessons),
        ] {
            if pressed(key) {
                self.screen = screen;
            }
        }
        if pressed(Key::Plus) || pressed(Key::Equals) {
            self.settings.scale_by(10);
        }
        if pressed(Key::Minus) {
            self.settings.scale_by(-10);
        }
        if pressed(Key::Num0) {
            self.settings.scale = Settings::default().scale;
        }
        if pressed(Key::Q) {
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        }
        // An open menu or list takes the Escape key first.
        let shows_address = self.screen == Screen::Server && self.server.address.is_open;
        let above = self.shows_help || self.downloads.add.is_some() || shows_address;
        if !self.notes.is_empty()
            && !above
            && !egui::Popup::is_any_open(ctx)
            && ctx.input(|input| input.key_pressed(Key::Escape))
        {
            self.notes.clear();
        }
        if self.screen == Screen::Race
            && !above
            && ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
        {
            self.screen = Screen::Downloads;
        }
        // Ctrl+R alone plays a replay.
        let race = Modifiers::COMMAND | Modifiers::SHIFT;
        if ctx.input_mut(|input| input.consume_key(race, Key::R)) {
            self.race(RaceAction::Start);
        }
        if pressed(Key::N) {
            self.screen = Screen::Downloads;
            self.downloads.open_add("");
        }
        match self.screen {
            // The Add dialog handles this key itself.
            Screen::Downloads if self.downloads.add.is_some() => {}
            Screen::Downloads if pressed(Key::F) => self.downloads.focus_filter(),
            Screen::Downloads if pressed(Key::L) => self.downloads.source.wants_focus = true,
            Screen::Compare if pressed(Key::L) => self.compare.form.source.wants_focus = true,
            _ => {}
        }
    }

    /// Handles the shortcuts that use the content of the fields. Called after the fields are drawn: they
    /// take the letters of the same frame first.
    pub(super) fn submit_keys(&mut self, ctx: &egui::Context, actions: &mut Vec<Action>) {
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, key));
        match self.screen {
            Screen::Downloads if self.downloads.add.is_some() => {}
            Screen::Downloads if pressed(Key::Enter) => self.downloads.download(actions),
            Screen::Compare if pressed(Key::Enter) => self.compare.run(actions),
            Screen::Compare if pressed(Key::S) => self.compare.export(actions),
            _ => {}
        }
    }
}
