//! The fields of the form, and the button that runs or cancels.

use eframe::egui::{
    Align, Button, Checkbox, ComboBox, DragValue, Label, Layout, RichText, Ui, vec2,
};

use super::{Form, run};
use crate::lab::Http3Choice;
use crate::ui::compare::class_panel::{self, ClassPanel};
use crate::ui::compare::experiment_store_ui::{self, Panel};
use crate::ui::compare::links;
use crate::ui::compare::values::{self, Vary};
use crate::ui::downloads::packet_choice;
use crate::ui::format::capital;
use crate::ui::link::picker;
use crate::ui::message::Action;
use crate::ui::tokens::{CONTROL, Palette, STEP};
use crate::ui::widgets::controls::{self, PRIMARY};
use lanes_engine::{MAX_CONNECTIONS, Mode, Snapshot};

/// Width of the number of runs.
const RUNS: f32 = 56.0;
/// Least width of the description of the link on several lines.
const LINE: f32 = 240.0;
/// Least width of that description, which is cut then.
const LEAST_LINE: f32 = 72.0;
/// Least width of a description that is cut.
const WORD: f32 = 96.0;
/// Width of the list of variables.
const VARY: f32 = 132.0;
/// Width of the list of packet sizes.
const PACKET: f32 = 96.0;
/// Width of the number of connections.
const CONNECTIONS: f32 = 72.0;
/// Minimum and maximum width of the values field.
const TYPED: (f32, f32) = (112.0, 208.0);
/// Spacing between groups.
const GAP: f32 = 2.0 * STEP;
/// Maximum number of rounds in the form.
const MAX_ROUNDS: u32 = 50;

/// Draws the form.
pub(in crate::ui::compare) fn ui(
    ui: &mut Ui,
    form: &mut Form,
    (panel, class): (&mut Panel, &mut ClassPanel),
    snapshot: &Snapshot,
    running: bool,
    actions: &mut Vec<Action>,
) {
    ui.horizontal(|ui| {
        let right = picker::WIDTH + STEP + RUNS + STEP + PRIMARY + STEP;
        let width = ui.available_width() - right;
        ui.add_enabled_ui(!running, |ui| {
            form.source.ui(ui, width, snapshot, actions);
            // One experiment downloads one file.
            if let Some(links) = form.source.pasted_links.take() {
                form.source.name = links.lines().next().unwrap_or_default().trim().to_owned();
            }
            ui.add_enabled_ui(!form.is_http, |ui| picker::ui(ui, &mut form.link));
            rounds_ui(ui, form);
        });
        controls::unlabelled(ui, |ui| run_ui(ui, form, running, actions));
    });
    ui.add_enabled_ui(!running, |ui| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = GAP;
            ui.add_enabled_ui(!form.is_http, |ui| vary_ui(ui, form));
            values_ui(ui, form, running, actions);
            ui.add_enabled_ui(!form.is_http, |ui| fixed_ui(ui, form));
        });
    });
    ui.horizontal(|ui| {
        ui.add_enabled_ui(!running, |ui| {
            ui.add_enabled_ui(!form.is_http, |ui| {
                modes_ui(ui, form);
                links::ui(ui, &mut form.links, &form.link);
            });
        });
        ui.add_space(STEP);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            experiment_store_ui::button_ui(ui, panel, actions);
            class_panel::button_ui(ui, class);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                if form.is_https {
                    http3_ui(ui, form, running);
                }
                if form.is_http {
                    path_ui(ui);
                } else {
                    plan_ui(ui, form);
                }
            });
        });
    });
}

/// Says that nothing is emulated, as far as there is room.
fn path_ui(ui: &mut Ui) {
    let words = controls::small(
        ui,
        "No link emulation: measures the real path to the server",
    );
    let width = ui.available_width();
    if width >= LINE {
        ui.add(Label::new(words).wrap());
    } else if width >= WORD {
        controls::truncated(ui, words);
    }
}

/// Draws the choice to compare HTTP/3. A tick of the user means that the server is tried even if it does not
/// offer HTTP/3.
fn http3_ui(ui: &mut Ui, form: &mut Form, running: bool) {
    let mut is_on = form.http3 != Http3Choice::Never;
    let words = "Also over HTTP/3, one connection";
    let tick = ui.add_enabled(!running, Checkbox::new(&mut is_on, words));
    let means = match form.http3 {
        Http3Choice::Never => "Only TCP connections are compared",
        Http3Choice::Offered => {
            "If the server offers HTTP/3 (Alt-Svc): would one multiplexed connection have done?"
        }
        Http3Choice::Always => "Tried even if the server does not offer HTTP/3",
    };
    if tick.on_hover_text(means).changed() {
        form.http3 = match is_on {
            true => Http3Choice::Always,
            false => Http3Choice::Never,
        };
    }
}

/// Says what a run would cost, or why there is none.
fn plan_ui(ui: &mut Ui, form: &Form) {
    match form.plans() {
        Err(words) if form.link.requested_link().is_ok() => {
            let words = RichText::new(words).small().color(Palette::of(ui).bad);
            ui.add(Label::new(words).wrap());
        }
        _ => {
            if !form.cost.is_empty() {
                ui.label(RichText::new(form.cost.as_str()).small());
            }
            if ui.available_width() < LEAST_LINE {
                return;
            }
            if ui.available_width() < LINE && form.link.requested_link().is_ok() {
                let words = controls::small(ui, form.link.choice.description());
                controls::truncated(ui, words);
            } else {
                picker::line_ui(ui, &form.link);
            }
        }
    }
}

fn rounds_ui(ui: &mut Ui, form: &mut Form) {
    controls::group(ui, "Runs", |ui, label| {
        ui.add_sized(
            vec2(RUNS, CONTROL),
            DragValue::new(&mut form.rounds)
                .range(1..=MAX_ROUNDS)
                .speed(0.1),
        )
        .labelled_by(label)
        .on_hover_text("Runs per value: more runs narrow the uncertainty");
    });
}

fn vary_ui(ui: &mut Ui, form: &mut Form) {
    let before = form.vary;
    controls::group(ui, "Vary", |ui, label| {
        let list = ComboBox::from_id_salt("vary")
            .width(VARY)
            .selected_text(form.vary.name())
            .show_ui(ui, |ui| {
                for vary in Vary::ALL {
                    ui.selectable_value(&mut form.vary, vary, vary.name());
                }
            });
        list.response.labelled_by(label);
    });
    if form.vary == before {
        return;
    }
    // Varied links need several; what was ticked for them would multiply any other experiment.
    match (form.vary, before) {
        (Vary::Link, _) => form.links.tick_all(),
        (_, Vary::Link) => form.links.untick_all(),
        _ => {}
    }
}

fn values_ui(ui: &mut Ui, form: &mut Form, running: bool, actions: &mut Vec<Action>) {
    let vary = form.vary;
    if vary == Vary::Link {
        return;
    }
    let fixed = match vary {
        Vary::Connections => PACKET,
        Vary::PacketLen => CONNECTIONS,
        Vary::FileSize | Vary::Link => PACKET + GAP + CONNECTIONS,
    };
    let room = ui.available_width() - fixed - GAP - vary.chips_width();
    let width = room.clamp(TYPED.0, TYPED.1);
    if values::ui(ui, vary, &mut form.values[vary as usize], width) && !running {
        run(form, actions);
    }
}

/// Draws the modes to run side by side.
fn modes_ui(ui: &mut Ui, form: &mut Form) {
    ui.spacing_mut().item_spacing.x = STEP / 2.0;
    for (mode, is_chosen) in Mode::ALL.into_iter().zip(&mut form.modes) {
        let words = capital(mode.name());
        let chip = controls::chip(ui, *is_chosen, &words, &format!("Mode {}", mode.name()));
        let means = match mode {
            Mode::Stream => "One connection, plain bytes in order",
            Mode::Packets => "One connection, numbered packets",
            Mode::Parallel => "Many connections, numbered packets",
        };
        if chip.on_hover_text(means).clicked() {
            *is_chosen = !*is_chosen;
        }
    }
}

fn run_ui(ui: &mut Ui, form: &mut Form, running: bool, actions: &mut Vec<Action>) {
    if running {
        if ui
            .add_sized(vec2(PRIMARY, CONTROL), Button::new("Cancel"))
            .clicked()
        {
            actions.push(Action::CancelRun);
        }
        return;
    }
    let mut button = controls::primary(ui, "Run");
    if let Err(words) = form.plans() {
        button = button.on_hover_text(words);
    }
    if button.clicked() {
        run(form, actions);
    }
}

/// Draws the parameters that all runs share.
fn fixed_ui(ui: &mut Ui, form: &mut Form) {
    if form.vary != Vary::Connections {
        controls::group(ui, "Connections", |ui, label| {
            ui.add_sized(
                vec2(CONNECTIONS, CONTROL),
                DragValue::new(&mut form.connections)
                    .range(1..=MAX_CONNECTIONS)
                    .speed(0.2),
            )
            .labelled_by(label);
        });
    }
    if form.vary != Vary::PacketLen {
        controls::group(ui, "Packet size", |ui, label| {
            packet_choice(ui, "compare-packet-len", &mut form.packet_len).labelled_by(label);
        });
    }
}
