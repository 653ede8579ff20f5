//! The link editor: a diagram of the path with the fields of each part below it.

use eframe::egui::{
    FontSelection, Response, Slider, SliderClamping, Stroke, TextEdit, TextStyle, Ui, vec2,
};
use lanes_shared::link::profile::{FIELDS, Field};
use lanes_shared::link::{Congestion, QueueDiscipline};

use super::form::{LinkForm, number};
use super::picture::{Part, picture_ui};
use crate::ui::message::Action;
use crate::ui::tokens::{CONTROL, Palette, STEP};
use crate::ui::widgets::controls;

/// A field of the editor.
struct FieldSpec {
    /// Name of the field in a profile.
    name: &'static str,
    /// Label with the unit.
    label: &'static str,
    /// Hint for an empty field: the default.
    default: &'static str,
    /// Range of the slider: common values, narrower than the valid range.
    slider: (f64, f64),
}

const fn field(
    name: &'static str,
    label: &'static str,
    default: &'static str,
    low: f64,
    high: f64,
) -> FieldSpec {
    FieldSpec {
        name,
        label,
        default,
        slider: (low, high),
    }
}

/// The parts of the path with their fields, from the server to the client.
const PATH: [(Part, &[FieldSpec]); 6] = [
    (
        Part::Server,
        &[
            field("max_connections", "Max. connections", "no limit", 1.0, 64.0),
            field("accept_ms", "Accept delay (ms)", "0", 0.0, 500.0),
        ],
    ),
    (
        Part::Cap,
        &[field(
            "per_connection_mbit",
            "Limit (Mbit/s)",
            "no limit",
            0.1,
            100.0,
        )],
    ),
    (
        Part::Buffer,
        &[field(
            "buffer_kib",
            "Buffer size (KiB)",
            "rate × RTT",
            2.0,
            8192.0,
        )],
    ),
    (
        Part::Rate,
        &[
            field("rate_mbit", "Link rate (Mbit/s)", "no limit", 0.5, 1000.0),
            field("background_flows", "Competing flows", "0", 0.0, 64.0),
        ],
    ),
    (
        Part::Delay,
        &[
            field("rtt_ms", "RTT (ms)", "0", 0.0, 500.0),
            field("loss_percent", "Random loss (%)", "0", 0.0, 5.0),
        ],
    ),
    (
        Part::Client,
        &[field("window_kib", "Window (KiB)", "4096", 4.0, 8192.0)],
    ),
];

/// Random impairments.
const FAULTS: [FieldSpec; 4] = [
    field("stall_per_minute", "Stalls per minute", "0", 0.0, 60.0),
    field("stall_ms", "Stall length (ms)", "1000", 0.0, 10_000.0),
    field("reset_per_gib", "Resets per GiB", "0", 0.0, 1000.0),
    field("seed", "Random seed", "1", 0.0, 100.0),
];

/// Behaviour of the network besides its rate and delay.
const NETWORK: [FieldSpec; 9] = [
    field("policer_mbit", "Policer (Mbit/s)", "none", 0.5, 1000.0),
    field(
        "policer_burst_kib",
        "Policer burst (KiB)",
        "64",
        2.0,
        4096.0,
    ),
    field(
        "loss_burst_ms",
        "Loss bursts (ms)",
        "independent",
        0.1,
        500.0,
    ),
    field("jitter_ms", "Jitter (ms)", "0", 0.0, 100.0),
    field("reorder_percent", "Reordered (%)", "0", 0.0, 20.0),
    field("reorder_ms", "Reorder delay (ms)", "10", 0.1, 100.0),
    field("up_mbit", "Way back (Mbit/s)", "no limit", 0.1, 100.0),
    field("up_buffer_kib", "Its buffer (KiB)", "64", 1.0, 1024.0),
    field("step_period_s", "Steps repeat (s)", "never", 0.1, 60.0),
];

/// Draws the editor. The values are read when an experiment starts.
pub(crate) fn ui(ui: &mut Ui, form: &mut LinkForm, actions: &mut Vec<Action>) {
    ui.spacing_mut().item_spacing.y = STEP;
    let columns = PATH.len() as f32;
    let width = ((ui.available_width() - STEP * (columns - 1.0)) / columns).floor();
    picture_ui(ui, width, |part| {
        let fields = PATH.iter().filter(|(other, _)| *other == part);
        fields
            .flat_map(|(_, fields)| *fields)
            .any(|field| is_set(form, field))
    });
    ui.horizontal_top(|ui| {
        for (_, fields) in &PATH {
            ui.vertical(|ui| {
                ui.set_width(width);
                for field in *fields {
                    field_ui(ui, form, field, width);
                }
            });
        }
    });
    ui.horizontal_top(|ui| {
        for field in &FAULTS {
            ui.vertical(|ui| {
                ui.set_width(width);
                field_ui(ui, form, field, width);
            });
        }
        congestion_ui(ui, form);
    });
    for row in NETWORK.chunks(PATH.len()) {
        ui.horizontal_top(|ui| {
            for field in row {
                ui.vertical(|ui| {
                    ui.set_width(width);
                    field_ui(ui, form, field, width);
                });
            }
            if row.len() < PATH.len() {
                queue_ui(ui, form);
            }
        });
    }
    ui.horizontal(|ui| file_ui(ui, form, actions));
}

/// Returns the index of a field in [`FIELDS`].
fn field_index(spec: &FieldSpec) -> Option<(usize, Field)> {
    let at = FIELDS.iter().position(|field| field.name == spec.name)?;
    Some((at, FIELDS[at]))
}

fn is_set(form: &LinkForm, spec: &FieldSpec) -> bool {
    field_index(spec).is_some_and(|(at, _)| !form.values[at].trim().is_empty())
}

/// Draws a text field with a slider below it.
fn field_ui(ui: &mut Ui, form: &mut LinkForm, spec: &FieldSpec, width: f32) {
    let Some((at, field)) = field_index(spec) else {
        return;
    };
    let palette = Palette::of(ui);
    let value = number(field, &form.values[at]);
    let colour = if value.is_ok() {
        palette.text
    } else {
        palette.bad
    };
    controls::group(ui, spec.label, |ui, label| {
        let text = TextEdit::singleline(&mut form.values[at])
            .hint_text(spec.default)
            .font(FontSelection::Style(TextStyle::Monospace))
            .text_color(colour)
            .margin(vec2(8.0, 4.0))
            .align(eframe::egui::Align2::LEFT_CENTER);
        let text = ui
            .add_sized(vec2(width, CONTROL), text)
            .labelled_by(label)
            .on_hover_text(format!(
                "{}: {} to {} {}; empty: {}",
                field.name, field.min, field.max, field.unit, spec.default
            ));
        let mut number = value.as_ref().ok().copied().flatten();
        let slid = slider_ui(ui, &mut number, field.whole, spec.slider, width).labelled_by(label);
        let number = number.unwrap_or(spec.slider.0);
        if slid.changed() {
            form.values[at] = tidy(number, field.whole);
        }
        if slid.changed() || text.changed() {
            form.changed();
        }
    });
}

/// Draws a slider; it is coloured if a value is set.
fn slider_ui(
    ui: &mut Ui,
    value: &mut Option<f64>,
    whole: bool,
    (low, high): (f64, f64),
    width: f32,
) -> Response {
    let palette = Palette::of(ui);
    let mut number = value.unwrap_or(low);
    let mut slider = Slider::new(&mut number, low..=high)
        .show_value(false)
        .logarithmic(true)
        .smallest_positive(if whole { 1.0 } else { 0.01 })
        .trailing_fill(value.is_some())
        .clamping(SliderClamping::Never);
    if whole {
        slider = slider.integer();
    }
    let slid = ui.scope(|ui| {
        ui.spacing_mut().slider_width = width;
        ui.spacing_mut().interact_size.y = STEP * 2.0;
        let edge = match value {
            Some(_) => Stroke::new(2.0, palette.accent),
            None => Stroke::new(1.0, palette.weak),
        };
        let widgets = &mut ui.visuals_mut().widgets;
        for state in [
            &mut widgets.inactive,
            &mut widgets.hovered,
            &mut widgets.active,
        ] {
            state.fg_stroke = edge;
        }
        ui.add(slider)
    });
    if slid.inner.changed() {
        *value = Some(number);
    }
    slid.inner
}

/// Rounds a slider value to a sensible number of digits.
fn tidy(number: f64, whole: bool) -> String {
    let decimals = match number {
        _ if whole => 0,
        number if number >= 20.0 => 0,
        number if number >= 2.0 => 1,
        _ => 2,
    };
    let text = format!("{number:.decimals$}");
    if decimals == 0 {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn queue_ui(ui: &mut Ui, form: &mut LinkForm) {
    controls::group(ui, "Queue", |ui, _| {
        let choices = QueueDiscipline::ALL.map(|(name, kind)| {
            let words = match kind {
                QueueDiscipline::DropTail => "Drop-tail",
                QueueDiscipline::Codel => "CoDel",
                QueueDiscipline::FqCodel => "FQ-CoDel",
                QueueDiscipline::Pie => "PIE",
            };
            (kind, words.to_owned(), format!("Queue {name}"))
        });
        if controls::chips(ui, &mut form.queue, choices) {
            form.changed();
        }
    });
}

fn congestion_ui(ui: &mut Ui, form: &mut LinkForm) {
    controls::group(ui, "Congestion control", |ui, _| {
        let choices = Congestion::ALL.map(|(name, kind)| {
            let words = match kind {
                Congestion::Cubic => "CUBIC",
                Congestion::Reno => "Reno",
                Congestion::Bbr => "BBR",
                Congestion::Fixed => "Fixed",
            };
            (kind, words.to_owned(), format!("Congestion {name}"))
        });
        if controls::chips(ui, &mut form.congestion, choices) {
            form.changed();
        }
    });
}

/// Draws the controls that copy the profile as text or load it from a file.
fn file_ui(ui: &mut Ui, form: &mut LinkForm, actions: &mut Vec<Action>) {
    let profile = form.profile();
    controls::unlabelled(ui, |ui| {
        let copy = controls::button_if(ui, "Copy as TOML", profile.is_ok());
        if let Ok(profile) = &profile
            && copy.clicked()
        {
            ui.copy_text(profile.to_toml());
        }
    });
    controls::group(ui, "TOML file", |ui, label| {
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 80.0 - STEP).min(320.0);
            controls::field(ui, &mut form.file, label, "path of a profile", width);
            let typed = form.file.trim();
            if controls::button_if(ui, "Load", !typed.is_empty()).clicked() {
                actions.push(Action::ReadLink(typed.to_owned()));
            }
        });
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_occurs_once_with_a_valid_slider_range() {
        let path = PATH.iter().flat_map(|(_, fields)| *fields);
        let mut names: Vec<&str> = path
            .chain(&FAULTS)
            .chain(&NETWORK)
            .map(|spec| {
                let (_, field) = field_index(spec).unwrap();
                let (low, high) = spec.slider;
                assert!(field.min <= low && high <= field.max, "{}", spec.name);
                spec.name
            })
            .collect();
        names.sort_unstable();
        let mut all = FIELDS.map(|field| field.name);
        all.sort_unstable();
        assert_eq!(names, all);
    }

    #[test]
    fn slider_values_are_rounded() {
        for (number, whole, text) in [
            (49.87, false, "50"),
            (2.0, false, "2"),
            (7.25, false, "7.2"),
            (0.104, false, "0.1"),
            (0.0, false, "0"),
            (10.0, true, "10"),
            (100.0, false, "100"),
        ] {
            assert_eq!(tidy(number, whole), text);
        }
    }
}
