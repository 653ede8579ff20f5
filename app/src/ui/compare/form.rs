//! What to compare: what was chosen and typed, and the plans that it amounts to.

mod fields;

use std::hash::{BuildHasher, RandomState};

use lanes_shared::link::LinkProfile;

use super::file_len::known_len;
use super::links::Links;
use super::values::{self, Vary};
use super::workspace::Workspace;
use crate::engine::source::Source;
use crate::engine::{DEFAULT_CONNECTIONS, Mode, Snapshot};
use crate::lab::volume::{self, POLITE_COUNTS, POLITE_ROUNDS};
use crate::lab::{COUNTS, Plan, Variable, first};
use crate::ui::link::form::LinkForm;
use crate::ui::message::{Action, Note};
use crate::ui::widgets::source_form::SourceForm;
pub(super) use fields::ui;

/// How many rounds are proposed.
const ROUNDS: u32 = 3;
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
    pub(super) asks_confirmation: bool,
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
            asks_confirmation: false,
        }
    }

    /// Looks at what the file is. From an HTTP server, which serves others too, little is proposed:
    /// as long as nobody chose otherwise.
    pub(super) fn refresh(&mut self, snapshot: &Snapshot, workspace: &Workspace) {
        let source = self.source.source().ok();
        self.len = source
            .as_ref()
            .and_then(|source| known_len(source, snapshot, workspace));
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

/// Starts what the form says, or asks first where that is much.
pub(super) fn run(form: &mut Form, actions: &mut Vec<Action>) {
    match form.plans() {
        Ok(plans) if volume::warning(&plans, form.len).is_some() => form.asks_confirmation = true,
        Ok(plans) => actions.push(Action::Run(plans)),
        Err(words) => actions.push(Action::ShowNote(Note::error(words))),
    }
}

/// Numbers as they are typed.
fn listed(values: &[u16]) -> String {
    let words: Vec<String> = values.iter().map(u16::to_string).collect();
    words.join(", ")
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
        let (snapshot, workspace) = (Snapshot::default(), Workspace::default());
        form.source.name = "https://server.example/file.iso".to_owned();
        form.refresh(&snapshot, &workspace);
        let plans = form.plans().unwrap();
        assert_eq!(plans[0].variable, Variable::Connections(vec![1, 4, 8, 16]));
        assert_eq!((plans[0].rounds, &plans[0].link), (2, &None));
        let mut actions = Vec::new();
        run(&mut form, &mut actions);
        assert!(
            actions.is_empty() && form.asks_confirmation,
            "how large it is nobody knows"
        );
        form.len = Some(1000);
        run(&mut form, &mut actions);
        assert!(matches!(actions[..], [Action::Run(_)]));
        // What was chosen by hand stays.
        form.rounds = 5;
        form.source.name = "Data.jpg".to_owned();
        form.refresh(&snapshot, &workspace);
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
