//! The panels around the screens: the navigation rail and the status line.

use eframe::egui::{
    self, Align, Align2, FontId, Frame, Layout, Margin, Panel, Role, Sense, Ui, WidgetInfo, vec2,
};

use super::{Screen, speed_limit_menu};
use crate::ui::downloads::steady_rate;
use crate::ui::format;
use crate::ui::server::LocalServer;
use crate::ui::shortcut::localized;
use crate::ui::tokens::{Palette, RADIUS, RAIL, SMALL, STEP};
use crate::ui::widgets::controls;
use crate::ui::widgets::icon::Icon;
use lanes_engine::{DownloadState, Snapshot};

/// Draws the navigation rail: the program's name and its screens.
pub(super) fn rail_ui(ui: &mut Ui, screen: &mut Screen) {
    let palette = Palette::of(ui);
    let frame = Frame::new()
        .fill(palette.rail)
        .inner_margin(Margin::symmetric(8, 16));
    Panel::left("rail")
        .exact_size(RAIL)
        .resizable(false)
        .show_separator_line(false)
        .frame(frame)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            let (mark, _) = ui.allocate_exact_size(vec2(RAIL - 16.0, 28.0), Sense::hover());
            let square = egui::Rect::from_center_size(mark.center(), vec2(28.0, 28.0));
            Icon::Lanes.paint(ui.painter(), square, palette.accent);
            ui.vertical_centered(|ui| ui.label("Lanes"));
            ui.add_space(16.0);
            entry(
                ui,
                screen,
                Screen::Downloads,
                Icon::Downloads,
                "Downloads",
                "Ctrl+1",
            );
            entry(
                ui,
                screen,
                Screen::Compare,
                Icon::Compare,
                "Compare",
                "Ctrl+2",
            );
            entry(
                ui,
                screen,
                Screen::Lessons,
                Icon::Lessons,
                "Lessons",
                "Ctrl+5",
            );
            entry(ui, screen, Screen::Server, Icon::Server, "Server", "Ctrl+3");
            ui.with_layout(Layout::bottom_up(Align::Center), |ui| {
                entry(
                    ui,
                    screen,
                    Screen::Settings,
                    Icon::Settings,
                    "Settings",
                    "Ctrl+4",
                );
            });
        });
}

fn entry(ui: &mut Ui, screen: &mut Screen, to: Screen, icon: Icon, name: &str, keys: &str) {
    let palette = Palette::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(RAIL - 16.0, 56.0), Sense::click());
    let chosen = *screen == to;
    if ui.is_rect_visible(rect) {
        let fill = if chosen {
            palette.surface
        } else if response.hovered() {
            palette.field_hover
        } else {
            palette.rail
        };
        let colour = if chosen { palette.accent } else { palette.weak };
        ui.painter().rect_filled(rect, f32::from(RADIUS), fill);
        let square = egui::Rect::from_center_size(rect.center() - vec2(0.0, 9.0), vec2(20.0, 20.0));
        icon.paint(ui.painter(), square, colour);
        ui.painter().text(
            rect.center_bottom() - vec2(0.0, STEP),
            Align2::CENTER_BOTTOM,
            name,
            FontId::proportional(SMALL),
            if chosen { palette.text } else { palette.weak },
        );
        controls::focus_ring(ui, &response);
    }
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, name));
    if response.on_hover_text(localized(keys)).clicked() {
        *screen = to;
    }
}

/// Draws the status line: running transfers and the local server's address.
pub(super) fn status_ui(
    ui: &mut Ui,
    snapshot: &Snapshot,
    comparing: bool,
    limit: &mut String,
    local_server: &LocalServer,
) {
    let frame = Frame::new()
        .fill(Palette::of(ui).rail)
        .inner_margin(Margin::symmetric(16, 0));
    Panel::bottom("status")
        .exact_size(28.0)
        .resizable(false)
        .show_separator_line(false)
        .frame(frame)
        .show(ui, |ui| {
            ui.horizontal_centered(|ui| {
                ui.label(controls::small(ui, activity(snapshot, comparing)));
                if snapshot.is_queue_stopped {
                    ui.label(controls::small(ui, "· the queue is stopped"));
                }
                ui.label(controls::small(ui, "·"));
                speed_limit_menu::ui(ui, limit);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    ui.label(controls::small(ui, local_server.status()));
                });
            });
        });
}

/// Summarises the running work, such as `3 active · 12 connections · 84.2 MB/s`.
fn activity(snapshot: &Snapshot, comparing: bool) -> String {
    let active = || snapshot.downloads.iter().filter(|d| d.state.is_active());
    let running = active().count();
    let waiting = snapshot
        .downloads
        .iter()
        .filter(|d| d.state == DownloadState::Queued)
        .count();
    let mut words = Vec::new();
    if running > 0 {
        words.push(format!("{running} active"));
        words.push(format::count(
            active().map(|d| d.open_connections()).sum(),
            "connection",
        ));
        let rate = active().map(|d| steady_rate::rate(d)).sum();
        words.push(format::rate(rate));
    }
    if waiting > 0 {
        words.push(format!("{waiting} queued"));
    }
    if comparing {
        words.push("comparing".to_owned());
    }
    if words.is_empty() {
        words.push("Nothing is running".to_owned());
    }
    format::capital(&words.join(" · "))
}
