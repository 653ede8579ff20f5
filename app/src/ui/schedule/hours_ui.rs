//! Edits hours: days as toggles, and two times of the day.

use eframe::egui::{Id, Role, Ui, WidgetInfo};

use crate::schedule::{Days, Hours, parse_minute, shown_minute};
use crate::ui::widgets::controls;

/// Most hours in one list.
const MAX_HOURS: usize = 7;
/// Width of a time of the day.
const TIME: f32 = 56.0;

/// Draws a list of hours. `name` tells it from others in accessible names.
pub(super) fn ui(ui: &mut Ui, name: &str, all: &mut Vec<Hours>) {
    let mut gone = None;
    for (index, hours) in all.iter_mut().enumerate() {
        ui.push_id((name, index), |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                days_ui(ui, hours);
                ui.add_space(8.0);
                ui.label("from");
                minute_ui(ui, &format!("{name} from {}", index + 1), &mut hours.from);
                ui.label("to");
                minute_ui(ui, &format!("{name} to {}", index + 1), &mut hours.to);
                ui.add_space(8.0);
                let remove = format!("Remove {name} {}", index + 1);
                if controls::named_button(ui, "Remove", &remove).clicked() {
                    gone = Some(index);
                }
            });
        });
    }
    if let Some(index) = gone {
        all.remove(index);
    }
    if all.len() < MAX_HOURS {
        let add = format!("Add {name}");
        if controls::named_button(ui, "Add hours", &add).clicked() {
            all.push(Hours::default());
        }
    }
}

fn days_ui(ui: &mut Ui, hours: &mut Hours) {
    for (day, name) in (0..).zip(Days::NAMES) {
        if controls::toggle(ui, hours.days.has(day), name, 44.0).clicked() {
            hours.days.toggle(day);
        }
    }
}

/// Draws a time of the day. It is used when it is valid.
fn minute_ui(ui: &mut Ui, name: &str, minute: &mut u16) {
    let key = ui.scope_id().with(name);
    let mut typed: String = ui
        .data(|data| data.get_temp(key))
        .unwrap_or_else(|| shown_minute(*minute));
    let field = controls::field(ui, &mut typed, Id::NULL, "7:00", TIME);
    field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, name));
    if let Some(parsed) = parse_minute(&typed) {
        *minute = parsed;
    }
    if field.has_focus() {
        ui.data_mut(|data| data.insert_temp(key, typed));
    } else {
        ui.data_mut(|data| data.remove::<String>(key));
    }
}
