//! Draws one frame of the window.

use eframe::egui;

use super::schedule_control::limit_in_force;
use super::{LanesApp, Screen, chrome, drop, help, toasts};
use crate::ui::{
    compare, downloads, lessons, other_programs, race, schedule, server, settings, tokens,
};

impl LanesApp {
    /// Draws one frame and executes the actions that it produced.
    pub(super) fn draw(&mut self, ui: &mut egui::Ui) {
        let mut actions = Vec::new();
        self.keys(ui.ctx());
        self.take_dropped(ui.ctx());
        self.server.address.is_open &= self.screen == Screen::Server;
        if self.server.address.is_open {
            let is_open =
                server::address_view::ui(ui, &mut self.server, &self.local_server, &mut actions);
            self.server.address.is_open = is_open;
            toasts::ui(ui, &mut self.notes, &mut actions);
            self.dispatch(actions);
            return;
        }
        chrome::rail_ui(ui, &mut self.screen);
        let comparing = self.compare.workspace.is_running();
        let limit = limit_in_force(&mut self.settings);
        chrome::status_ui(ui, &self.snapshot, comparing, limit, &self.local_server);
        schedule::bar_ui(ui, &self.schedule, &mut actions);
        other_programs::questions_ui(ui, &self.interface, &mut actions);
        let margin = if ui.available_width() > 1000.0 {
            24
        } else {
            16
        };
        let frame = egui::Frame::new()
            .fill(tokens::Palette::of(ui).canvas)
            .inner_margin(margin);
        egui::CentralPanel::default().frame(frame).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 12.0;
            let dialog = self.background.dialog_is_open();
            let default_folder = self.default_folder();
            // A fixed id keeps the keyboard focus when a message appears or disappears.
            let id = egui::Id::unique(("screen", self.screen as u8));
            let screen = egui::UiBuilder::new().scope_id(id);
            scrolled_if_small(ui, screen, |ui| match self.screen {
                Screen::Downloads => {
                    let is_offered = self.settings.offers_race;
                    let context = downloads::ScreenContext {
                        snapshot: &self.snapshot,
                        default_folder: &default_folder,
                        recent: &self.settings.recent,
                        dialog_is_open: dialog,
                        local_link: self.server.default_link(),
                        sample: &self.sample,
                        race_offer: is_offered.then(|| self.local_server.is_running()),
                    };
                    self.race_was_offered |= is_offered && self.snapshot.downloads.is_empty();
                    downloads::ui(ui, &mut self.downloads, &context, &mut actions);
                }
                Screen::Compare => {
                    let context = compare::ScreenContext {
                        snapshot: &self.snapshot,
                        is_started: self.lab.is_some(),
                        default_folder: &default_folder,
                        dialog_is_open: dialog,
                    };
                    compare::ui(ui, &mut self.compare, &context, &mut actions);
                }
                Screen::Lessons => lessons::ui(ui, &mut self.lessons, dialog, &mut actions),
                Screen::Server => {
                    let context = server::ScreenContext {
                        local_server: &self.local_server,
                        snapshot: &self.snapshot,
                        dialog_is_open: dialog,
                    };
                    server::ui(ui, &mut self.server, &context, &mut actions);
                }
                Screen::Settings => {
                    let context = settings::ScreenContext {
                        default_folder: &self.save_locations.label,
                        listen: self.listen,
                        hosts: &self.snapshot.hosts,
                        interface: &self.interface,
                        dialog_is_open: dialog,
                    };
                    let when_done = &mut self.schedule.when_done;
                    settings::ui(ui, &mut self.settings, when_done, &context, &mut actions);
                }
                Screen::Race => {
                    let context = race::ScreenContext {
                        local_server: &self.local_server,
                        pixels: self.sample.pixels(),
                    };
                    race::ui(ui, &self.race, &context, &mut actions);
                }
            });
        });
        self.submit_keys(ui.ctx(), &mut actions);
        toasts::ui(ui, &mut self.notes, &mut actions);
        drop::hover_ui(ui);
        self.close_ui(ui);
        self.shows_help = self.shows_help && help::ui(ui, &mut actions);
        self.dispatch(actions);
    }
}

/// Draws a screen in the remaining space. In a window below the minimum size, which only the window
/// manager can enforce, the screen keeps its minimum size and scrolls.
fn scrolled_if_small(ui: &mut egui::Ui, screen: egui::UiBuilder, add: impl FnOnce(&mut egui::Ui)) {
    let missing = (tokens::MIN_WINDOW - ui.ctx().content_rect().size()).max(egui::Vec2::ZERO);
    if missing.max_elem() < 1.0 {
        ui.scope_builder(screen, add);
        return;
    }
    let size = ui.available_size() + missing;
    egui::ScrollArea::both()
        .id_salt("small")
        .auto_shrink(false)
        .show(ui, |ui| {
            let room = egui::Rect::from_min_size(ui.cursor().min, size);
            ui.scope_builder(screen.max_rect(room), add);
        });
}
