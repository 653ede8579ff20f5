//! The form of the Compare screen, and the experiment plans built from it.

mod fields;
mod fill;

use std::hash::{BuildHasher, RandomState};

use lanes_shared::link::LinkProfile;

use super::file_len::known_len;
use super::links::Links;
use super::values::{self, Vary};
use super::workspace::Workspace;
use crate::lab::plan::data_usage::{self, POLITE_COUNTS, POLITE_ROUNDS};
use crate::lab::plan::starter_experiment;
use crate::lab::{COUNTS, Http3Choice, HttpRuns, Plan, Sweep};
use crate::ui::link::form::LinkForm;
use crate::ui::message::{Action, Note};
use crate::ui::widgets::source_form::SourceForm;
pub(super) use fields::ui;
use lanes_engine::Source;
use lanes_engine::{DEFAULT_CONNECTIONS, Mode, Snapshot};

/// Default number of rounds.
const ROUNDS: u32 = 3;
/// State of the form.
pub(crate) struct Form {
    /// The file.
    pub source: SourceForm,
    /// The link to emulate.
    pub link: LinkForm,
    links: Links,
    vary: Vary,
    /// The values of each variable, as typed.
    values: [String; Vary::ALL.len()],
    /// Selected modes, in the order of [`Mode::ALL`].
    modes: [bool; Mode::ALL.len()],
    connections: u16,
    packet_len: u32,
    rounds: u32,
    /// The choice to compare HTTP/3 too, if the file comes over HTTPS.
    http3: Http3Choice,
    /// The file comes from an HTTP server.
    is_http: bool,
    /// The file comes over HTTPS.
    is_https: bool,
    /// Size of the file if known.
    pub(super) len: Option<u64>,
    /// Runs, time and data of a run of the form.
    pub(super) cost: String,
    /// The download warning is shown.
    pub(super) asks_confirmation: bool,
}

impl Form {
    /// Creates the initial form: one click away from the first experiment.
    pub(super) fn new(server: String) -> Self {
        Self {
            source: SourceForm::new(server, starter_experiment::FILE),
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
            packet_len: starter_experiment::PACKET_LEN,
            rounds: ROUNDS,
            http3: Http3Choice::Offered,
            is_http: false,
            is_https: false,
            len: None,
            cost: String::new(),
            asks_confirmation: false,
        }
    }

    /// Updates the file size and, after a change between Lanes and HTTP, the defaults: HTTP servers
    /// have other users, so fewer runs are proposed. Values that the user changed are kept.
    pub(super) fn refresh(&mut self, snapshot: &Snapshot, workspace: &Workspace) {
        let source = self.source.source().ok();
        self.len = source
            .as_ref()
            .and_then(|source| known_len(source, snapshot, workspace));
        let is_http = matches!(source, Some(Source::Http(_)));
        self.is_https = matches!(&source, Some(Source::Http(url)) if url.is_https());
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

    /// Fills in a file and a link, to vary the connections.
    pub(crate) fn propose(
        &mut self,
        server: String,
        name: &str,
        link: &LinkProfile,
        packet_len: u32,
    ) {
        self.source.server = server;
        name.clone_into(&mut self.source.name);
        self.link.set(link);
        self.links = Links::default();
        self.vary = Vary::Connections;
        self.modes = Mode::ALL.map(|mode| mode == Mode::Parallel);
        self.packet_len = packet_len;
    }

    fn modes(&self) -> impl Iterator<Item = Mode> + '_ {
        let chosen = Mode::ALL.into_iter().zip(self.modes);
        chosen.filter_map(|(mode, is_chosen)| is_chosen.then_some(mode))
    }

    /// Builds a plan for each link and mode, to be run side by side.
    ///
    /// # Errors
    /// Returns a message for the user if a field is invalid or no mode is selected.
    pub(super) fn plans(&self) -> Result<Vec<Plan>, String> {
        let source = self.source.source()?;
        let links = match source {
            // Only Lanes servers emulate links.
            Source::Http(_) => vec![None],
            Source::Lanes { .. } => self.links.all(&self.link)?,
        };
        let is_https = matches!(&source, Source::Http(url) if url.is_https());
        let http3 = if is_https {
            self.http3
        } else {
            Http3Choice::Never
        };
        let seed = RandomState::new().hash_one(0);
        let mut plans = Vec::new();
        // Varied links are the values of a single plan.
        let side_by_side = match self.vary {
            Vary::Link => vec![None],
            _ => links.clone(),
        };
        for link in side_by_side {
            for mode in self.modes() {
                plans.push(Plan {
                    source: source.clone(),
                    mode,
                    sweep: self.variable(mode, &links)?,
                    connections: mode.connections(self.connections),
                    packet_len: self.packet_len,
                    link: link.clone(),
                    http: HttpRuns {
                        http3,
                        ..HttpRuns::default()
                    },
                    expected_path: None,
                    rounds: self.rounds,
                    seed,
                });
            }
        }
        if plans.is_empty() {
            return Err("Select at least one of Stream, Packets and Parallel".to_owned());
        }
        Ok(plans)
    }

    /// Builds the varied quantity for one mode.
    fn variable(&self, mode: Mode, links: &[Option<LinkProfile>]) -> Result<Sweep, String> {
        let typed = || values::parsed(self.vary, &self.values[self.vary as usize]);
        Ok(match self.vary {
            Vary::Connections if mode != Mode::Parallel => Sweep::Connections(vec![1]),
            Vary::Connections => {
                Sweep::Connections(typed()?.iter().map(|&value| value as u16).collect())
            }
            Vary::PacketLen => {
                Sweep::PacketLen(typed()?.iter().map(|&value| value as u32).collect())
            }
            Vary::FileSize => Sweep::FileSize(typed()?),
            Vary::Link => Sweep::Link(varied(links)?),
        })
    }
}

/// Converts links to values to vary.
fn varied(links: &[Option<LinkProfile>]) -> Result<Vec<LinkProfile>, String> {
    let all: Option<Vec<LinkProfile>> = links.iter().cloned().collect();
    let all = all.ok_or_else(|| {
        "The server's own link cannot be compared with others: choose one from the list".to_owned()
    })?;
    if all.len() < 2 {
        return Err("Select at least two links to compare".to_owned());
    }
    Ok(all)
}

/// Starts the experiments, or shows the download warning first.
pub(super) fn run(form: &mut Form, actions: &mut Vec<Action>) {
    match form.plans() {
        Ok(plans) if data_usage::warning(&plans, form.len).is_some() => {
            form.asks_confirmation = true;
        }
        Ok(plans) => {
            // Makes room for the plot.
            form.link.is_edited = false;
            actions.push(Action::Run(plans));
        }
        Err(words) => actions.push(Action::ShowNote(Note::error(words))),
    }
}

/// Formats numbers as a list.
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
    fn the_initial_form_varies_connections() {
        let plans = form().plans().unwrap();
        let [plan] = &plans[..] else {
            panic!("{plans:?}")
        };
        assert_eq!(plan.sweep, Sweep::Connections(vec![1, 5, 10, 20, 50]));
        assert!(plan.mode == Mode::Parallel && plan.link.is_some());
    }

    #[test]
    fn each_mode_and_link_has_a_plan() {
        let mut form = form();
        form.modes = [true, true, true];
        form.links.tick_all();
        let plans = form.plans().unwrap();
        assert_eq!(plans.len(), 3 * 7);
        let stream = plans.iter().find(|plan| plan.mode == Mode::Stream).unwrap();
        assert_eq!(stream.sweep, Sweep::Connections(vec![1]));
        assert_eq!(stream.connections, 1);
        form.modes = [false; 3];
        assert!(form.plans().unwrap_err().contains("at least one"));
    }

    #[test]
    fn http_servers_have_modest_defaults_and_a_download_warning() {
        let mut form = form();
        let (snapshot, workspace) = (Snapshot::default(), Workspace::default());
        form.source.name = "https://server.example/file.iso".to_owned();
        form.refresh(&snapshot, &workspace);
        let plans = form.plans().unwrap();
        assert_eq!(plans[0].sweep, Sweep::Connections(vec![1, 4, 8, 16]));
        assert_eq!((plans[0].rounds, &plans[0].link), (2, &None));
        let mut actions = Vec::new();
        run(&mut form, &mut actions);
        assert!(
            actions.is_empty() && form.asks_confirmation,
            "the size is unknown"
        );
        form.len = Some(1000);
        run(&mut form, &mut actions);
        assert!(matches!(actions[..], [Action::Run(_)]));
        assert_eq!(plans[0].http.http3, Http3Choice::Offered);
        assert_eq!(plans[0].http, form.plans().unwrap()[0].http);
        form.source.name = "http://server.example/file.iso".to_owned();
        assert_eq!(form.plans().unwrap()[0].http.http3, Http3Choice::Never);
        // A value changed by the user is kept.
        form.rounds = 5;
        form.source.name = "Data.jpg".to_owned();
        form.refresh(&snapshot, &workspace);
        assert_eq!(form.rounds, 5);
        assert!(form.plans().unwrap()[0].link.is_some());
    }

    #[test]
    fn varied_links_are_values_of_one_plan_per_mode() {
        let mut form = form();
        form.vary = Vary::Link;
        assert!(form.plans().unwrap_err().contains("two links"));
        form.links.tick_all();
        let plans = form.plans().unwrap();
        assert_eq!((plans.len(), &plans[0].link), (1, &None));
        assert_eq!(plans[0].sweep.values().len(), 7);
        assert_eq!(plans[0].connections, DEFAULT_CONNECTIONS);
    }
}
