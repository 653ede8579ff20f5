//! The Settings screen.

use std::net::SocketAddr;

use eframe::egui::{DragValue, Id, Label, ScrollArea, Slider, Ui, vec2};

use super::{MAX_DOWNLOADS, SCALES, Settings, Theme, hosts};
use crate::ui::format::Units;
use crate::ui::lists;
use crate::ui::message::{Action, Purpose};
use crate::ui::other_programs;
use crate::ui::schedule::{self, WhenDone};
use crate::ui::tokens::{self, CONTROL, STEP};
use crate::ui::widgets::{controls, interfaces, rate_limit};
use lanes_engine::{HostConnectionLimit, MAX_CONNECTIONS};

/// State of the rest of the program that the screen shows.
pub(crate) struct ScreenContext<'a> {
    /// The default download folder.
    pub default_folder: &'a str,
    /// Address that the local server listens on, or will when it starts.
    pub listen: SocketAddr,
    /// Servers that refused further connections.
    pub hosts: &'a [HostConnectionLimit],
    /// The interface for other programs.
    pub interface: &'a other_programs::State,
    /// A system file dialog is open.
    pub dialog_is_open: bool,
}

/// Draws the screen.
pub(crate) fn ui(
    ui: &mut Ui,
    settings: &mut Settings,
    when_done: &mut WhenDone,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) {
    ui.horizontal(|ui| {
        ui.heading("Settings");
        let words = "Saved automatically";
        ui.label(controls::small(ui, words));
    });
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        card(ui, "General", |ui| {
            general_ui(ui, settings, context, actions);
        });
        card(ui, "Downloads", |ui| downloads_ui(ui, settings));
        card(ui, "Folders by file type", |ui| {
            settings.category_folders.ui(ui);
        });
        card(ui, "Servers that accept few connections", |ui| {
            hosts::ui(ui, context.hosts, actions);
        });
        card(ui, "Local server", |ui| {
            server_ui(ui, settings, context, actions);
        });
        card(ui, "Browsers", |ui| browsers_ui(ui, actions));
        card(ui, "Other programs", |ui| {
            other_programs::settings_ui(ui, &mut settings.interface, context.interface);
        });
        card(ui, "Schedule", |ui| {
            schedule::settings_ui(ui, &mut settings.schedule, when_done);
        });
        card(ui, "Lists of downloads", |ui| {
            lists::settings_ui(ui, context.dialog_is_open, actions);
        });
    });
}

fn browsers_ui(ui: &mut Ui, actions: &mut Vec<Action>) {
    let words = "Chrome, Chromium, Edge, Brave and Firefox hand downloads to Lanes, with their cookies, once they are connected and have the extension";
    ui.add(Label::new(controls::small(ui, words)).wrap());
    ui.horizontal(|ui| {
        if controls::button(ui, "Connect browsers").clicked() {
            actions.push(Action::ConnectBrowsers(true));
        }
        if controls::button(ui, "Disconnect browsers").clicked() {
            actions.push(Action::ConnectBrowsers(false));
        }
    });
}

fn card(ui: &mut Ui, name: &str, add: impl FnOnce(&mut Ui)) {
    tokens::card(ui).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 12.0;
        ui.strong(name);
        add(ui);
    });
}

fn general_ui(
    ui: &mut Ui,
    settings: &mut Settings,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 24.0;
        controls::group(ui, "Theme", |ui, _| {
            let themes =
                Theme::ALL.map(|t| (t, t.name().to_owned(), format!("{} theme", t.name())));
            controls::chips(ui, &mut settings.theme, themes);
        });
        controls::group(ui, "Units", |ui, _| {
            let units = [
                (Units::Si, "MB (1000)"),
                (Units::Iec, "MiB (1024)"),
                (Units::Bits, "MB, rates in Mbit/s"),
            ];
            let units = units.map(|(u, words)| (u, words.to_owned(), format!("Units {words}")));
            controls::chips(ui, &mut settings.units, units);
        });
        scale_ui(ui, settings);
    });
    controls::group(ui, "Download folder", |ui, label| {
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 120.0).min(480.0);
            controls::field(
                ui,
                &mut settings.folder,
                label,
                context.default_folder,
                width,
            );
            if controls::button_if(ui, "Choose…", !context.dialog_is_open).clicked() {
                actions.push(Action::OpenDialog(Purpose::DownloadFolder));
            }
        });
    });
    controls::checkbox(
        ui,
        &mut settings.notifies,
        "Notify when a download finishes in the background",
    );
    controls::checkbox(
        ui,
        &mut settings.asks_to_close,
        "Ask before quitting while downloads run",
    );
    start_ui(ui, settings, actions);
}

fn start_ui(ui: &mut Ui, settings: &mut Settings, actions: &mut Vec<Action>) {
    let before = (settings.autostart, settings.starts_minimized);
    controls::checkbox(ui, &mut settings.autostart, "Start Lanes when you log in");
    if settings.autostart {
        let words = "Start it minimized";
        controls::checkbox(ui, &mut settings.starts_minimized, words);
    }
    let now = (settings.autostart, settings.starts_minimized);
    if now != before {
        actions.push(Action::Autostart(now.0, now.1));
    }
}

/// Draws the scale controls. The scale is applied after dragging: else the slider would move away
/// from the pointer.
fn scale_ui(ui: &mut Ui, settings: &mut Settings) {
    controls::group(ui, "Scale", |ui, label| {
        let key = ui.scope_id().with("scale");
        let mut scale: u16 = ui.data(|data| data.get_temp(key)).unwrap_or(settings.scale);
        let is_dragged = ui
            .horizontal(|ui| scale_fields_ui(ui, &mut scale, label))
            .inner;
        let shown = ui.ctx().zoom_factor() * 100.0;
        if !is_dragged && shown + 0.5 < f32::from(settings.scale) {
            let words = format!("This window has room for {shown:.0} %: enlarge it for more");
            ui.label(controls::small(ui, words));
        }
        if is_dragged {
            ui.data_mut(|data| data.insert_temp(key, scale));
        } else {
            ui.data_mut(|data| data.remove::<u16>(key));
            settings.scale = scale;
        }
    });
}

/// Draws the slider and the number; returns whether either is being dragged.
fn scale_fields_ui(ui: &mut Ui, scale: &mut u16, label: Id) -> bool {
    let slider = ui.scope(|ui| {
        ui.spacing_mut().interact_size.y = 2.0 * STEP;
        let slider = Slider::new(scale, SCALES).step_by(5.0);
        ui.add(slider.show_value(false)).labelled_by(label)
    });
    let number = DragValue::new(scale).range(SCALES).suffix(" %");
    let number = ui
        .add_sized(
            vec2(64.0, CONTROL),
            number.speed(0.5).update_while_editing(false),
        )
        .labelled_by(label);
    slider.inner.dragged() || number.dragged()
}

/// The effect of the limit on downloads; small files count by their connections.
const DOWNLOADS_HINT: &str = "Further downloads are queued. Small files need one connection each, so several run in place of one";

/// The files that the checksums are looked for in.
const CHECKSUMS_HINT: &str = "SHA256SUMS, SHA512SUMS, and the name of the file with .sha256, .sha512, .md5 or .blake3: one small request for each. A file that differs is not saved";

fn downloads_ui(ui: &mut Ui, settings: &mut Settings) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 24.0;
        settings.count.ui(ui);
        controls::group(ui, "Downloads at once", |ui, label| {
            let number = DragValue::new(&mut settings.downloads).range(1..=MAX_DOWNLOADS);
            ui.add_sized(vec2(64.0, CONTROL), number.speed(0.1))
                .labelled_by(label)
                .on_hover_text(DOWNLOADS_HINT);
        });
        controls::group(ui, "Connections to one web server", |ui, label| {
            let number = DragValue::new(&mut settings.per_host).range(1..=MAX_CONNECTIONS);
            ui.add_sized(vec2(64.0, CONTROL), number.speed(0.1))
                .labelled_by(label)
                .on_hover_text("Total over all downloads, shared fairly");
        });
    });
    // On a line of its own: its error message is below it.
    rate_limit::confirmed_ui(ui, "Total speed limit", &mut settings.limit);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 24.0;
        settings.proxy.ui(ui);
        interfaces::ui(ui, &mut settings.interfaces, "The system's route");
        controls::group(ui, "Checksums on web servers", |ui, _| {
            let words = "Look for them beside each file";
            controls::checkbox(ui, &mut settings.finds_checksums, words)
                .on_hover_text(CHECKSUMS_HINT);
        });
    });
}

fn server_ui(
    ui: &mut Ui,
    settings: &mut Settings,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) {
    controls::checkbox(
        ui,
        &mut settings.start_server,
        "Start the local server with the program",
    );
    controls::group(ui, "Port of the local server", |ui, label| {
        let now = settings.port.unwrap_or(context.listen.port());
        let mut port = now;
        let number = DragValue::new(&mut port).range(1..=u16::MAX);
        let response = ui
            // Intermediate values while typing are not wanted.
            .add_sized(
                vec2(72.0, CONTROL),
                number.speed(0.0).update_while_editing(false),
            )
            .labelled_by(label)
            .on_hover_text(
                "Connected clients are disconnected; Lanes downloads resume automatically",
            );
        if response.changed() && port != now {
            settings.port = Some(port);
            actions.push(Action::MoveServer(port));
        }
    });
}
