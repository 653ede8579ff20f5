//! What to fetch, and how.

use eframe::egui::{Align, ComboBox, DragValue, Key, Label, Layout, Ui, vec2};
use lanes_shared::packet::{DEFAULT_PACKET_LEN, MAX_PACKET_LEN};

use super::State;
use crate::engine::{MAX_CONNECTIONS, Mode, Snapshot};
use crate::lab::COUNTS;
use crate::ui::app::Action;
use crate::ui::background::Purpose;
use crate::ui::format;
use crate::ui::tokens::{CONTROL, STEP};
use crate::ui::widgets::controls::{self, PRIMARY};

/// Packet sizes to choose from: the three of the exercise, and larger ones.
const PACKETS: [u32; 8] = [
    128,
    512,
    1024,
    4 << 10,
    16 << 10,
    DEFAULT_PACKET_LEN,
    1 << 20,
    MAX_PACKET_LEN,
];

pub(super) fn ui(
    ui: &mut Ui,
    state: &mut State,
    snapshot: &Snapshot,
    saves_in: &str,
    dialog_is_open: bool,
    actions: &mut Vec<Action>,
) {
    let wide = ui.available_width() > 1040.0;
    ui.horizontal(|ui| {
        let button = PRIMARY + STEP;
        let save = if wide { 320.0 + STEP } else { 0.0 };
        let width = ui.available_width() - button - save;
        let name = state.source.ui(ui, width, snapshot, actions);
        if wide {
            save_ui(ui, state, saves_in, 320.0, dialog_is_open, actions);
        }
        let enter = name.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let clicked = controls::unlabelled(ui, |ui| controls::primary(ui, "Download")).clicked();
        if enter || clicked {
            state.download(actions);
        }
    });
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 24.0;
        mode_ui(ui, state);
        connections_ui(ui, state);
        packets_ui(ui, state);
        if wide {
            explanation_ui(ui, state.mode);
        }
    });
    if !wide {
        ui.horizontal(|ui| {
            let width = (ui.available_width() * 0.55).floor();
            save_ui(ui, state, saves_in, width, dialog_is_open, actions);
            explanation_ui(ui, state.mode);
        });
    }
}

/// What the mode does, in the room that is left.
fn explanation_ui(ui: &mut Ui, mode: Mode) {
    controls::unlabelled(ui, |ui| {
        let room = vec2(ui.available_width(), CONTROL);
        let words = Label::new(controls::small(ui, what_it_does(mode))).wrap();
        ui.allocate_ui_with_layout(room, Layout::left_to_right(Align::Center), |ui| {
            ui.add(words)
        });
    });
}

fn mode_ui(ui: &mut Ui, state: &mut State) {
    controls::group(ui, "Mode", |ui, _| {
        let modes = Mode::ALL.map(|mode| {
            let words = match mode {
                Mode::Stream => "Stream",
                Mode::Packets => "Packets",
                Mode::Parallel => "Parallel",
            };
            (mode, words.to_owned(), format!("{words} mode"))
        });
        controls::chips(ui, &mut state.mode, modes);
    });
}

/// A mode in one line.
pub(crate) fn what_it_does(mode: Mode) -> &'static str {
    match mode {
        Mode::Stream => "Stream: one connection brings plain bytes in order",
        Mode::Packets => {
            "Packets: one connection brings numbered packets, which are put in their places"
        }
        Mode::Parallel => "Parallel: many connections share the numbered packets of one file",
    }
}

fn connections_ui(ui: &mut Ui, state: &mut State) {
    ui.add_enabled_ui(state.mode == Mode::Parallel, |ui| {
        controls::group(ui, "Connections", |ui, label| {
            ui.horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 4.0;
                let counts =
                    COUNTS.map(|n| (n, n.to_string(), format::count(n.into(), "connection")));
                controls::chips(ui, &mut state.connections, counts);
                ui.add_sized(
                    vec2(48.0, CONTROL),
                    DragValue::new(&mut state.connections)
                        .range(1..=MAX_CONNECTIONS)
                        .speed(0.2),
                )
                .labelled_by(label)
                .on_hover_text("Any number from 1 to 64: click to type, drag to change");
            });
        });
    });
}

fn packets_ui(ui: &mut Ui, state: &mut State) {
    ui.add_enabled_ui(state.mode != Mode::Stream, |ui| {
        controls::group(ui, "Packet size", |ui, label| {
            packet_choice(ui, "packet-len", &mut state.packet_len).labelled_by(label);
        });
        controls::group(ui, "Order", |ui, _| {
            controls::checkbox(ui, &mut state.shuffled, "Shuffled").on_hover_text(
                "The server sends the packets in random order; each has its place in the file",
            );
        });
    });
}

/// A list of packet sizes.
pub(crate) fn packet_choice(ui: &mut Ui, id: &str, packet_len: &mut u32) -> eframe::egui::Response {
    ComboBox::from_id_salt(id)
        .width(96.0)
        .selected_text(format::round_size(u64::from(*packet_len)))
        .show_ui(ui, |ui| {
            for len in PACKETS {
                ui.selectable_value(packet_len, len, format::round_size(u64::from(len)));
            }
        })
        .response
}

fn save_ui(
    ui: &mut Ui,
    state: &mut State,
    saves_in: &str,
    width: f32,
    dialog_is_open: bool,
    actions: &mut Vec<Action>,
) {
    controls::group(ui, "Save to", |ui, label| {
        ui.horizontal(|ui| {
            let button = 88.0;
            let field = width - button - STEP;
            controls::field(ui, &mut state.save_to, label, saves_in, field);
            if controls::wide_button(ui, "Save as…", button, !dialog_is_open).clicked() {
                actions.push(Action::Ask(Purpose::SaveAs));
            }
        });
    });
}
