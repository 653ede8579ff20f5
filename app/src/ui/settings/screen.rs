//! The screen of the settings: one page, grouped.

use std::net::SocketAddr;

use eframe::egui::{DragValue, Id, ScrollArea, Slider, Ui, vec2};

use super::{MAX_DOWNLOADS, SCALES, Settings, Theme};
use crate::engine::MAX_CONNECTIONS;
use crate::ui::format::Units;
use crate::ui::message::{Action, Purpose};
use crate::ui::tokens::{self, CONTROL, STEP};
use crate::ui::widgets::{controls, rate_limit};

/// What the screen is told of the rest of the program.
pub(crate) struct ScreenContext<'a> {
    /// Where downloads go when nothing is set.
    pub default_folder: &'a str,
    /// Where the local server listens, or would.
    pub listen: SocketAddr,
    /// Whether a dialog of the system is open.
    pub dialog_is_open: bool,
}

/// The screen.
pub(crate) fn ui(
    ui: &mut Ui,
    settings: &mut Settings,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) {
    ui.horizontal(|ui| {
        ui.heading("Settings");
        let words = "Changes take effect at once and are kept";
        ui.label(controls::small(ui, words));
    });
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        card(ui, "General", |ui| {
            general_ui(ui, settings, context, actions);
        });
        card(ui, "Downloads", |ui| downloads_ui(ui, settings));
        card(ui, "Local server", |ui| {
            server_ui(ui, settings, context, actions);
        });
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
            let units = [(Units::Si, "MB (1000)"), (Units::Iec, "MiB (1024)")];
            let units = units.map(|(u, words)| (u, words.to_owned(), format!("Units {words}")));
            controls::chips(ui, &mut settings.units, units);
        });
        scale_ui(ui, settings);
    });
    controls::group(ui, "Save downloads in", |ui, label| {
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
        "Tell on the desktop when a download ends while another window is in front",
    );
}

/// The scale is taken over when the slider is let go: it would run away beneath the pointer.
fn scale_ui(ui: &mut Ui, settings: &mut Settings) {
    controls::group(ui, "Scale", |ui, label| {
        let key = ui.scope_id().with("scale");
        let mut scale: u16 = ui.data(|data| data.get_temp(key)).unwrap_or(settings.scale);
        let is_dragged = ui
            .horizontal(|ui| scale_fields_ui(ui, &mut scale, label))
            .inner;
        if is_dragged {
            ui.data_mut(|data| data.insert_temp(key, scale));
        } else {
            ui.data_mut(|data| data.remove::<u16>(key));
            settings.scale = scale;
        }
    });
}

/// A slider, and the number; true while one of them is held.
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

fn downloads_ui(ui: &mut Ui, settings: &mut Settings) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 24.0;
        settings.count.ui(ui);
        controls::group(ui, "Downloads at once", |ui, label| {
            let number = DragValue::new(&mut settings.downloads).range(1..=MAX_DOWNLOADS);
            ui.add_sized(vec2(64.0, CONTROL), number.speed(0.1))
                .labelled_by(label)
                .on_hover_text("Those beyond wait for their turn");
        });
        controls::group(ui, "Connections to one web server", |ui, label| {
            let number = DragValue::new(&mut settings.per_host).range(1..=MAX_CONNECTIONS);
            ui.add_sized(vec2(64.0, CONTROL), number.speed(0.1))
                .labelled_by(label)
                .on_hover_text("At most, of all downloads together; each gets a fair share");
        });
    });
    // Each on its own: what is wrong with it is said beneath.
    rate_limit::ui(ui, "Speed limit for all together", &mut settings.limit);
    settings.proxy.ui(ui);
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
            // A port on the way to another is not wanted.
            .add_sized(
                vec2(72.0, CONTROL),
                number.speed(0.0).update_while_editing(false),
            )
            .labelled_by(label)
            .on_hover_text("Who is connected is cut off; downloads of Lanes go on by themselves");
        if response.changed() && port != now {
            settings.port = Some(port);
            actions.push(Action::MoveServer(port));
        }
    });
}
