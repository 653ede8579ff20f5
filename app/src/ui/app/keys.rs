//! Keys that work wherever the focus is.

use eframe::egui::{self, Key, Modifiers};

use super::{Action, LanesApp, Screen};

impl LanesApp {
    /// Ctrl with a digit changes the screen, Ctrl+Enter does what the screen is for, Ctrl+L goes to the
    /// file or link, Ctrl+S exports, Ctrl+Q ends, Escape takes a message away.
    pub(super) fn keys(&mut self, ctx: &egui::Context, actions: &mut Vec<Action>) {
        let pressed = |key| ctx.input_mut(|input| input.consume_key(Modifiers::COMMAND, key));
        for (key, screen) in [
            (Key::Num1, Screen::Downloads),
            (Key::Num2, Screen::Compare),
            (Key::Num3, Screen::Server),
            (Key::Num4, Screen::Settings),
        ] {
            if pressed(key) {
                self.screen = screen;
            }
        }
        if pressed(Key::Q) {
            ctx.send_viewport_cmd(egui::ViewportCommand::Close);
        }
        // A list that is open has the key first.
        if self.note.is_some()
            && !egui::Popup::is_any_open(ctx)
            && ctx.input(|input| input.key_pressed(Key::Escape))
        {
            self.note = None;
        }
        match self.screen {
            Screen::Downloads if pressed(Key::Enter) => self.downloads.download(actions),
            Screen::Downloads if pressed(Key::L) => self.downloads.source.wants_focus = true,
            Screen::Compare if pressed(Key::Enter) => self.compare.run(actions),
            Screen::Compare if pressed(Key::L) => self.compare.form.source.wants_focus = true,
            Screen::Compare if pressed(Key::S) => self.compare.export(actions),
            _ => {}
        }
    }
}
