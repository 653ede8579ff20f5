//! What to compare.

use std::hash::{BuildHasher, RandomState};

use eframe::egui::{Align, ComboBox, DragValue, Label, Layout, Ui, vec2};
use lanes_shared::link::LinkProfile;

use super::bench::Bench;
use super::consent::known_len;
use super::kept::{self, Panel};
use super::links::{self, Links};
use super::values::{self, Vary};
use crate::engine::source::Source;
use crate::engine::{DEFAULT_CONNECTIONS, MAX_CONNECTIONS, Mode, Snapshot};
use crate::lab::volume::{self, POLITE_COUNTS, POLITE_ROUNDS};
use crate::lab::{COUNTS, ExperimentState, Plan, Variable, first, words};
use crate::ui::app::{Action, Note};
use crate::ui::downloads::packet_choice;
use crate::ui::format::capital;
use crate::ui::link::form::LinkForm;
use crate::ui::link::picker;
use crate::ui::tokens::{CONTROL, Palette, STEP};
use crate::ui::widgets::bar::bar;
use crate::ui::widgets::controls::{self, PRIMARY};
use crate::ui::widgets::source_form::SourceForm;

/// Width of the number of runs.
const RUNS: f32 = 56.0;
/// Width of the choice of what is varied.
const VARY: f32 = 132.0;
/// Width of a list of packet sizes.
const PACKET: f32 = 96.0;
/// Width of the number of connections.
const CONNECTIONS: f32 = 72.0;
/// The least and the greatest width of the values as typed.
const TYPED: (f32, f32) = (112.0, 208.0);
/// Between the groups of a line.
const GAP: f32 = 2.0 * STEP;
/// How many rounds are proposed.
const ROUNDS: u32 = 3;
/// The most rounds that the screen offers.
const MAX_ROUNDS: u32 = 50;

/// What was chosen and typed.
pub(crate) struct Form {
    /// The file.
    pub source: SourceForm,
    /// The link that the server is to emulate.
    pub link: LinkForm,
    links: Links,
    vary: Vary,
    /// The values of each variable, as typed.
    values: [String; Vary::ALL.len()],
    /// Which of [`Mode::ALL`] are compared.
    modes: [bool; Mode::ALL.len()],
    connections: u16,
    packet_len: u32,
    rounds: u32,
    /// Whether the file comes from an HTTP server.
    is_http: bool,
    /// How long the file is, if that is known.
    pub(super) len: Option<u64>,
    /// Whether it is asked if so much shall be downloaded.
    pub(super) asks: bool,
}

impl Form {
    /// The form as it starts: one click from the first experiment.
    pub(super) fn new(server: String) -> Self {
        Self {
            source: SourceForm::new(server, first::FILE),
            link: LinkForm::new(),
            links: Links::default(),
            vary: Vary::Connections,
            values: [
                listed(&COUNTS),
                "128, 512, 1024, 64KiB".to_owned(),
                "1MB, 5MB, 20MB, 100MB".to_owned(),
                String::new(),
            ],
            modes: Mode::ALL.map(|mode| mode == Mode::Parallel),
            connections: DEFAULT_CONNECTIONS,
            packet_len: first::PACKET_LEN,
            rounds: ROUNDS,
            is_http: false,
            len: None,
            asks: false,
        }
    }

    /// Looks at what the file is. From an HTTP server, which serves others too, little is proposed: as
    /// long as nobody chose otherwise.
    pub(super) fn look(&mut self, snapshot: &Snapshot, bench: &Bench) {
        let source = self.source.source().ok();
        self.len = source
            .as_ref()
            .and_then(|source| known_len(source, snapshot, bench));
        let is_http = matches!(source, Some(Source::Http(_)));
        if is_http == std::mem::replace(&mut self.is_http, is_http) {
            return;
        }
        let proposals = [
            (listed(&COUNTS), ROUNDS),
            (listed(&POLITE_COUNTS), POLITE_ROUNDS),
        ];
        let [usual, polite] = proposals;
        let (before, now) = match is_http {
            true => (usual, polite),
            false => (polite, usual),
        };
        let counts = &mut self.values[Vary::Connections as usize];
        if (&*counts, self.rounds) == (&before.0, before.1) {
            (*counts, self.rounds) = now;
        }
        if is_http {
            self.vary = Vary::Connections;
            self.modes = Mode::ALL.map(|mode| mode == Mode::Parallel);
        }
    }

    fn modes(&self) -> impl Iterator<Item = Mode> + '_ {
        let chosen = Mode::ALL.into_iter().zip(self.modes);
        chosen.filter_map(|(mode, is_chosen)| is_chosen.then_some(mode))
    }

    /// What is to be done: a plan for each link and mode, to be made side by side.
    ///
    /// # Errors
    /// In words.
    pub(super) fn plans(&self) -> Result<Vec<Plan>, String> {
        let source = self.source.source()?;
        let links = match source {
            // Only a Lanes server emulates one.
            Source::Http(_) => vec![None],
            Source::Lanes { .. } => self.links.all(&self.link)?,
        };
        let seed = RandomState::new().hash_one(0);
        let mut plans = Vec::new();
        // Where links are varied, they are the values of one and the same plan.
        let side_by_side = match self.vary {
            Vary::Link => vec![None],
            _ => links.clone(),
        };
        for link in side_by_side {
            for mode in self.modes() {
                plans.push(Plan {
                    source: source.clone(),
                    mode,
                    variable: self.variable(mode, &links)?,
                    connections: mode.connections(self.connections),
                    packet_len: self.packet_len,
                    link: link.clone(),
                    rounds: self.rounds,
                    seed,
                });
            }
        }
        if plans.is_empty() {
            return Err("Choose at least one of Stream, Packets and Parallel".to_owned());
        }
        Ok(plans)
    }

    /// What is varied in one mode.
    fn variable(&self, mode: Mode, links: &[Option<LinkProfile>]) -> Result<Variable, String> {
        let typed = || values::parsed(self.vary, &self.values[self.vary as usize]);
        Ok(match self.vary {
            Vary::Connections if mode != Mode::Parallel => Variable::Connections(vec![1]),
            Vary::Connections => {
                Variable::Connections(typed()?.iter().map(|&value| value as u16).collect())
            }
            Vary::PacketLen => {
                Variable::PacketLen(typed()?.iter().map(|&value| value as u32).collect())
            }
            Vary::FileSize => Variable::FileSize(typed()?),
            Vary::Link => Variable::Link(varied(links)?),
        })
    }
}

/// The links as values.
fn varied(links: &[Option<LinkProfile>]) -> Result<Vec<LinkProfile>, String> {
    let all: Option<Vec<LinkProfile>> = links.iter().cloned().collect();
    let all = all.ok_or_else(|| {
        "The server's own link cannot be compared with others: choose one from the list".to_owned()
    })?;
    if all.len() < 2 {
        return Err("Choose at least two links to compare".to_owned());
    }
    Ok(all)
}

/// The form, and the button that begins or cancels.
pub(super) fn ui(
    ui: &mut Ui,
    form: &mut Form,
    panel: &mut Panel,
    snapshot: &Snapshot,
    running: bool,
    actions: &mut Vec<Action>,
) {
    ui.horizontal(|ui| {
        let right = picker::WIDTH + STEP + RUNS + STEP + PRIMARY + STEP;
        let width = ui.available_width() - right;
        ui.add_enabled_ui(!running, |ui| {
            form.source.ui(ui, width, snapshot, actions);
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
            kept::button_ui(ui, panel, actions);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                if form.is_http {
                    let words = "No link is emulated: this measures the real way to the server";
                    ui.add(Label::new(controls::small(ui, words)).wrap());
                } else {
                    picker::line_ui(ui, &form.link);
                }
            });
        });
    });
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
        .on_hover_text("How often each value is run: more runs, more certainty");
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
    if form.vary == Vary::Link && before != Vary::Link {
        form.links.tick_all();
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

/// Which modes are made side by side.
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
            .add_sized(vec2(PRIMARY, CONTROL), eframe::egui::Button::new("Cancel"))
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

/// Starts what the form says, or asks first where that is much.
pub(super) fn run(form: &mut Form, actions: &mut Vec<Action>) {
    match form.plans() {
        Ok(plans) if volume::warning(&plans, form.len).is_some() => form.asks = true,
        Ok(plans) => actions.push(Action::Run(plans)),
        Err(words) => actions.push(Action::Say(Note::bad(words))),
    }
}

/// Numbers as they are typed.
fn listed(values: &[u16]) -> String {
    let words: Vec<String> = values.iter().map(u16::to_string).collect();
    words.join(", ")
}

/// What stays the same in every run.
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

/// How far it is, and how long it will take.
pub(super) fn progress_ui(ui: &mut Ui, bench: &Bench) {
    let (made, total) = bench.progress();
    let total = total.max(1);
    let warms_up = bench
        .experiments
        .iter()
        .all(|one| one.state == ExperimentState::WarmingUp);
    let words = if warms_up {
        "warming up: this run does not count".to_owned()
    } else {
        let run = (made + 1).min(total);
        match bench.left_secs().map(words::about) {
            Some(left) => format!("run {run} of {total}, about {left} left"),
            None => format!("run {run} of {total}"),
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

    fn form() -> Form {
        Form::new("127.0.0.1:5115".to_owned())
    }

    #[test]
    fn the_form_begins_as_one_experiment_over_connections() {
        let plans = form().plans().unwrap();
        let [plan] = &plans[..] else {
            panic!("{plans:?}")
        };
        assert_eq!(plan.variable, Variable::Connections(vec![1, 5, 10, 20, 50]));
        assert!(plan.mode == Mode::Parallel && plan.link.is_some());
    }

    #[test]
    fn modes_and_links_are_side_by_side() {
        let mut form = form();
        form.modes = [true, true, true];
        form.links.tick_all();
        let plans = form.plans().unwrap();
        assert_eq!(plans.len(), 3 * 7);
        let stream = plans.iter().find(|plan| plan.mode == Mode::Stream).unwrap();
        assert_eq!(stream.variable, Variable::Connections(vec![1]));
        assert_eq!(stream.connections, 1);
        form.modes = [false; 3];
        assert!(form.plans().unwrap_err().contains("at least one"));
    }

    #[test]
    fn of_an_http_server_little_is_asked_and_before_much_of_it_a_question() {
        let mut form = form();
        let (snapshot, bench) = (Snapshot::default(), Bench::default());
        form.source.name = "https://server.example/file.iso".to_owned();
        form.look(&snapshot, &bench);
        let plans = form.plans().unwrap();
        assert_eq!(plans[0].variable, Variable::Connections(vec![1, 4, 8, 16]));
        assert_eq!((plans[0].rounds, &plans[0].link), (2, &None));
        let mut actions = Vec::new();
        run(&mut form, &mut actions);
        assert!(
            actions.is_empty() && form.asks,
            "how large it is nobody knows"
        );
        form.len = Some(1000);
        run(&mut form, &mut actions);
        assert!(matches!(actions[..], [Action::Run(_)]));
        // What was chosen by hand stays.
        form.rounds = 5;
        form.source.name = "Data.jpg".to_owned();
        form.look(&snapshot, &bench);
        assert_eq!(form.rounds, 5);
        assert!(form.plans().unwrap()[0].link.is_some());
    }

    #[test]
    fn links_as_values_are_one_plan_a_mode() {
        let mut form = form();
        form.vary = Vary::Link;
        assert!(form.plans().unwrap_err().contains("two links"));
        form.links.tick_all();
        let plans = form.plans().unwrap();
        assert_eq!((plans.len(), &plans[0].link), (1, &None));
        assert_eq!(plans[0].variable.values().len(), 7);
        assert_eq!(plans[0].connections, DEFAULT_CONNECTIONS);
    }
}
