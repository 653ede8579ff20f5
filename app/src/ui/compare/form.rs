//! What to compare.

use std::hash::{BuildHasher, RandomState};

use eframe::egui::{DragValue, Key, Ui, vec2};
use lanes_shared::packet::{MAX_PACKET_LEN, MIN_PACKET_LEN};
use lanes_shared::sample::MAX_SAMPLE_LEN;
use lanes_shared::size;

use super::{State, Vary, link_picker};
use crate::engine::{MAX_CONNECTIONS, Mode, Snapshot};
use crate::lab::{COUNTS, Experiment, ExperimentState, Plan, Variable, words as lab_words};
use crate::ui::app::{Action, Note};
use crate::ui::downloads::packet_choice;
use crate::ui::format;
use crate::ui::tokens::{CONTROL, Palette, STEP};
use crate::ui::widgets::bar::bar;
use crate::ui::widgets::controls::{self, PRIMARY};

/// Width of the number of runs.
const RUNS: f32 = 56.0;
/// Width of the choice of what is varied.
const VARY: f32 = 276.0;
/// The most rounds that the screen offers.
const MAX_ROUNDS: u32 = 50;

impl State {
    fn values_mut(&mut self) -> &mut String {
        &mut self.values[self.vary as usize]
    }

    /// The values that were typed.
    ///
    /// # Errors
    /// In words.
    fn parsed(&self) -> Result<Vec<u64>, String> {
        let (least, most) = match self.vary {
            Vary::Connections => (1, u64::from(MAX_CONNECTIONS)),
            Vary::PacketLen => (u64::from(MIN_PACKET_LEN), u64::from(MAX_PACKET_LEN)),
            Vary::FileSize => (1, MAX_SAMPLE_LEN),
        };
        parse(&self.values[self.vary as usize], least..=most)
    }

    /// What is to be done.
    ///
    /// # Errors
    /// In words.
    fn plan(&self) -> Result<Plan, String> {
        let values = self.parsed()?;
        let variable = match self.vary {
            Vary::Connections => Variable::Connections(values.iter().map(|&v| v as u16).collect()),
            Vary::PacketLen => Variable::PacketLen(values.iter().map(|&v| v as u32).collect()),
            Vary::FileSize => Variable::FileSize(values),
        };
        let mode = match self.vary {
            Vary::Connections => Mode::Parallel,
            Vary::PacketLen | Vary::FileSize if self.connections > 1 => Mode::Parallel,
            Vary::PacketLen | Vary::FileSize => Mode::Packets,
        };
        Ok(Plan {
            source: self.source.source()?,
            mode,
            variable,
            connections: self.connections,
            packet_len: self.packet_len,
            link: self.link.wish()?,
            rounds: self.rounds,
            seed: RandomState::new().hash_one(0),
        })
    }
}

/// Reads values with commas or blanks between them.
fn parse(text: &str, range: std::ops::RangeInclusive<u64>) -> Result<Vec<u64>, String> {
    let mut values = Vec::new();
    for word in text.split([',', ';', ' ']).filter(|word| !word.is_empty()) {
        let value = size::parse(word)
            .ok()
            .filter(|value| range.contains(value))
            .ok_or_else(|| {
                format!(
                    "`{word}` cannot be compared: choose {} to {}",
                    range.start(),
                    range.end()
                )
            })?;
        if !values.contains(&value) {
            values.push(value);
        }
    }
    values.sort_unstable();
    if values.len() < 2 {
        return Err("Choose at least two values to compare".to_owned());
    }
    Ok(values)
}

pub(super) fn ui(
    ui: &mut Ui,
    state: &mut State,
    snapshot: &Snapshot,
    running: bool,
    actions: &mut Vec<Action>,
) {
    ui.horizontal(|ui| {
        let right = link_picker::WIDTH + STEP + RUNS + STEP + PRIMARY + STEP;
        let width = ui.available_width() - right;
        ui.add_enabled_ui(!running, |ui| {
            state.source.ui(ui, width, snapshot, actions);
            link_picker::ui(ui, &mut state.link);
            rounds_ui(ui, state);
        });
        controls::unlabelled(ui, |ui| run_ui(ui, state, running, actions));
    });
    ui.add_enabled_ui(!running, |ui| {
        let mut in_line = false;
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 16.0;
            vary_ui(ui, state);
            let (chips, fixed) = room(state.vary);
            let room = ui.available_width() - 16.0 - fixed;
            in_line = room >= chips + TYPED.0;
            if in_line {
                values_ui(ui, state, room - chips, running, actions);
            }
            fixed_ui(ui, state);
        });
        if !in_line {
            values_ui(ui, state, TYPED.1, running, actions);
        }
    });
    link_picker::line_ui(ui, &state.link);
}

/// The least and the greatest width of the values as typed.
const TYPED: (f32, f32) = (112.0, 208.0);

/// How wide the chips of the values are, and what stays the same beside them.
fn room(vary: Vary) -> (f32, f32) {
    match vary {
        Vary::Connections => (212.0, 96.0),
        Vary::PacketLen => (272.0, 72.0),
        Vary::FileSize => (296.0, 192.0),
    }
}

fn rounds_ui(ui: &mut Ui, state: &mut State) {
    controls::group(ui, "Runs", |ui, label| {
        ui.add_sized(
            vec2(RUNS, CONTROL),
            DragValue::new(&mut state.rounds)
                .range(1..=MAX_ROUNDS)
                .speed(0.1),
        )
        .labelled_by(label)
        .on_hover_text("How often each value is run: more runs, more certainty");
    });
}

fn vary_ui(ui: &mut Ui, state: &mut State) {
    controls::group(ui, "Vary", |ui, _| {
        let choices = [
            (Vary::Connections, "Connections"),
            (Vary::PacketLen, "Packet size"),
            (Vary::FileSize, "File size"),
        ]
        .map(|(vary, words)| {
            let name = format!("Vary {}", words.to_lowercase());
            (vary, words.to_owned(), name)
        });
        ui.set_width(VARY);
        controls::chips(ui, &mut state.vary, choices);
    });
}

fn run_ui(ui: &mut Ui, state: &State, running: bool, actions: &mut Vec<Action>) {
    if running {
        if ui
            .add_sized(vec2(PRIMARY, CONTROL), eframe::egui::Button::new("Cancel"))
            .clicked()
        {
            actions.push(Action::CancelRun);
        }
        return;
    }
    let mut button = controls::primary(ui, "Run");
    if let Err(words) = state.plan() {
        button = button.on_hover_text(words);
    }
    if button.clicked() {
        run(state, actions);
    }
}

pub(super) fn run(state: &State, actions: &mut Vec<Action>) {
    actions.push(match state.plan() {
        Ok(plan) => Action::Run(Box::new(plan)),
        Err(words) => Action::Say(Note::bad(words)),
    });
}

fn values_ui(ui: &mut Ui, state: &mut State, width: f32, running: bool, actions: &mut Vec<Action>) {
    controls::group(ui, "Values", |ui, label| {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let presets: &[u64] = match state.vary {
                Vary::Connections => &COUNTS.map(u64::from),
                Vary::PacketLen => &[128, 512, 1024, 64 << 10],
                Vary::FileSize => &[1_000_000, 5_000_000, 20_000_000, 100_000_000],
            };
            let vary = state.vary;
            for &value in presets {
                value_chip(ui, vary, value, state.values_mut());
            }
            let width = width.clamp(TYPED.0, TYPED.1);
            let typed = controls::field(ui, state.values_mut(), label, "values", width);
            if typed.lost_focus() && !running && ui.input(|i| i.key_pressed(Key::Enter)) {
                run(state, actions);
            }
        });
    });
}

/// A chip that puts a value into the list, or takes it out.
fn value_chip(ui: &mut Ui, vary: Vary, value: u64, typed: &mut String) {
    let mut values: Vec<u64> = typed
        .split([',', ';', ' '])
        .filter_map(|word| size::parse(word).ok())
        .collect();
    let chosen = values.contains(&value);
    let words = words(vary, value);
    if controls::chip(ui, chosen, &words, &format!("Compare {words}")).clicked() {
        if chosen {
            values.retain(|other| *other != value);
        } else {
            values.push(value);
            values.sort_unstable();
        }
        let words: Vec<String> = values
            .iter()
            .map(|value| super::form::words(vary, *value).replace(' ', ""))
            .collect();
        *typed = words.join(", ");
    }
}

/// A value of a variable, as a label.
pub(super) fn words(vary: Vary, value: u64) -> String {
    match vary {
        Vary::Connections => value.to_string(),
        Vary::PacketLen if value <= 1024 => value.to_string(),
        Vary::PacketLen => format::round_size(value),
        Vary::FileSize if value.is_multiple_of(1_000_000) => format!("{} MB", value / 1_000_000),
        Vary::FileSize => size::si(value),
    }
}

/// What stays the same in every run.
fn fixed_ui(ui: &mut Ui, state: &mut State) {
    if state.vary != Vary::Connections {
        controls::group(ui, "Connections", |ui, label| {
            ui.add_sized(
                vec2(64.0, CONTROL),
                DragValue::new(&mut state.connections)
                    .range(1..=MAX_CONNECTIONS)
                    .speed(0.2),
            )
            .labelled_by(label);
        });
    }
    if state.vary != Vary::PacketLen {
        controls::group(ui, "Packet size", |ui, label| {
            packet_choice(ui, "compare-packet-len", &mut state.packet_len).labelled_by(label);
        });
    }
}

/// How far it is, and how long it will take.
pub(super) fn progress_ui(ui: &mut Ui, experiment: &Experiment) {
    let made = experiment.runs.len();
    let total = experiment.total.max(1);
    let words = match experiment.state {
        ExperimentState::WarmingUp => "warming up: this run does not count".to_owned(),
        _ => {
            let run = (made + 1).min(total);
            match experiment.left_secs().map(lab_words::about) {
                Some(left) => format!("run {run} of {total}, about {left} left"),
                None => format!("run {run} of {total}"),
            }
        }
    };
    ui.add_space(4.0);
    let accent = Palette::of(ui).accent;
    bar(
        ui,
        "Progress of the comparison",
        Some(made as f32 / total as f32),
        accent,
    );
    ui.label(controls::small(ui, words));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_as_people_write_them() {
        assert_eq!(parse("1, 5 10;50", 1..=64), Ok(vec![1, 5, 10, 50]));
        assert_eq!(parse("10 5 5 1", 1..=64), Ok(vec![1, 5, 10]));
        assert_eq!(parse("128, 64KiB", 128..=1 << 22), Ok(vec![128, 65536]));
        for wrong in ["", "5", "5, 5", "1, 65", "1, x", "0, 1"] {
            assert!(parse(wrong, 1..=64).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_a_chip_writes_is_read_again() {
        for (vary, values) in [
            (Vary::Connections, vec![1, 50]),
            (Vary::PacketLen, vec![128, 65536]),
            (Vary::FileSize, vec![1_000_000, 100_000_000]),
        ] {
            let typed: Vec<String> = values
                .iter()
                .map(|v| words(vary, *v).replace(' ', ""))
                .collect();
            assert_eq!(parse(&typed.join(", "), 1..=u64::MAX), Ok(values));
        }
    }
}
