//! The class: collects the results that students send, and shows them as a plot and a table.

mod plot;
mod table;
mod tasks;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use eframe::egui::{Align, ComboBox, Label, Layout, RichText, Ui};
use lanes_server::{CollectedResult, ResultCollection, results_to_csv};
use lanes_shared::class_result::ClassResult;

use self::table::Order;
use self::tasks::{ClassMetric, Task};
use crate::ui::bidi::visual;
use crate::ui::format;
use crate::ui::message::{Action, ClassAction};
use crate::ui::tokens::Palette;
use crate::ui::widgets::chart::Zoom;
use crate::ui::widgets::controls;

/// Width of the list of tasks.
const TASKS: f32 = 360.0;
/// Maximum number of names that a client is shown with.
const MAX_NAMES: usize = 3;

/// State of the class.
pub(crate) struct Class {
    /// The teacher has switched the collecting on.
    is_on: bool,
    /// The file of results is being opened.
    is_opening: bool,
    collection: Option<Arc<ResultCollection>>,
    /// The results that the tasks are made of.
    listed: Arc<Vec<Arc<CollectedResult>>>,
    tasks: Vec<Task>,
    /// A result of the shown task; `None` for the latest task.
    chosen: Option<ClassResult>,
    metric: ClassMetric,
    zoom: Zoom,
    order: Order,
    /// The button that removes all results has been clicked once.
    is_clear_pending: bool,
}

impl Class {
    /// Creates a class that collects nothing.
    pub(super) fn new() -> Self {
        Self {
            is_on: false,
            is_opening: false,
            collection: None,
            listed: Arc::default(),
            tasks: Vec::new(),
            chosen: None,
            metric: ClassMetric::Time,
            zoom: Zoom::default(),
            order: Order::default(),
            is_clear_pending: false,
        }
    }

    /// Returns whether students can send results.
    pub(crate) fn is_collecting(&self) -> bool {
        self.is_on && self.collection.is_some()
    }

    /// Returns the list that the server is to keep results in; `None` while none are collected.
    pub(crate) fn for_server(&self) -> Option<Arc<ResultCollection>> {
        self.collection.clone().filter(|_| self.is_on)
    }

    /// Switches the collecting on or off. Returns whether the file of results must be opened first.
    pub(crate) fn switch(&mut self, is_on: bool) -> bool {
        self.is_on = is_on;
        let must_open = is_on && self.collection.is_none() && !self.is_opening;
        self.is_opening |= must_open;
        must_open
    }

    /// Called when the file of results is open, or could not be opened.
    pub(crate) fn opened(&mut self, collection: Option<Arc<ResultCollection>>) {
        self.is_opening = false;
        self.is_on &= collection.is_some();
        self.collection = collection;
    }

    /// Returns the results as CSV.
    pub(crate) fn csv(&self) -> String {
        results_to_csv(self.listed.iter().map(AsRef::as_ref))
    }

    /// Removes a result.
    pub(crate) fn remove(&mut self, number: u64) {
        if let Some(collection) = &self.collection {
            collection.remove(number);
        }
    }

    /// Removes all results.
    pub(crate) fn clear(&mut self) {
        self.chosen = None;
        if let Some(collection) = &self.collection {
            collection.clear();
        }
    }

    /// Reads the results. Called once per frame.
    pub(super) fn refresh(&mut self) {
        let Some(collection) = &self.collection else {
            return;
        };
        let all = collection.all();
        if !Arc::ptr_eq(&all, &self.listed) {
            self.tasks = tasks::tasks(&all);
            self.listed = all;
        }
    }

    /// Returns the names that were sent from each address, the latest first.
    pub(super) fn names(&self) -> HashMap<IpAddr, String> {
        let mut names: HashMap<IpAddr, Vec<&str>> = HashMap::new();
        for one in self.listed.iter().rev() {
            let of_client = names.entry(one.addr).or_default();
            let name = one.result.name.as_str();
            if !name.is_empty() && !of_client.contains(&name) && of_client.len() < MAX_NAMES {
                of_client.push(name);
            }
        }
        let joined = names
            .into_iter()
            .map(|(addr, names)| (addr, names.join(", ")));
        joined.filter(|(_, names)| !names.is_empty()).collect()
    }

    /// Returns the index of the shown task.
    fn shown(&self) -> usize {
        let is_chosen = |task: &Task| match (task.any(), &self.chosen) {
            (Some(one), Some(chosen)) => one.is_same_task(chosen),
            _ => false,
        };
        self.tasks.iter().position(is_chosen).unwrap_or(0)
    }
}

/// Draws the card.
pub(super) fn ui(
    ui: &mut Ui,
    class: &mut Class,
    listen: Option<SocketAddr>,
    refused: u64,
    actions: &mut Vec<Action>,
) {
    head_ui(ui, class, actions);
    state_ui(ui, class, refused);
    if class.is_on && listen.is_some_and(|listen| listen.ip().to_canonical().is_loopback()) {
        loopback_ui(ui, actions);
    }
    if class.tasks.is_empty() {
        return;
    }
    let index = class.shown();
    task_ui(ui, class, index);
    let Class {
        tasks,
        metric,
        zoom,
        order,
        ..
    } = class;
    let Some(task) = tasks.get(index) else {
        return;
    };
    if !task.has_rates() {
        *metric = ClassMetric::Time;
    }
    plot::ui(ui, task, *metric, zoom);
    table::ui(ui, task, *metric, order, actions);
}

fn head_ui(ui: &mut Ui, class: &mut Class, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        ui.strong("Class");
        let mut is_on = class.is_on;
        if controls::checkbox(ui, &mut is_on, "Collect results").changed() {
            actions.push(Action::Class(ClassAction::Collect(is_on)));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let show = controls::button(ui, "Show address…");
            if show
                .on_hover_text("The address in large letters and as QR code, for a projector")
                .clicked()
            {
                actions.push(Action::Class(ClassAction::ShowAddress(true)));
            }
            if class.listed.is_empty() {
                class.is_clear_pending = false;
                return;
            }
            if controls::button(ui, "Export CSV").clicked() {
                actions.push(Action::Class(ClassAction::Export));
            }
            let words = match class.is_clear_pending {
                true => "Remove permanently",
                false => "Remove all",
            };
            if controls::button(ui, words).clicked() {
                if class.is_clear_pending {
                    actions.push(Action::Class(ClassAction::Clear));
                }
                class.is_clear_pending = !class.is_clear_pending;
            }
        });
    });
}

fn state_ui(ui: &mut Ui, class: &Class, refused: u64) {
    let results = format::count(class.listed.len(), "result");
    let words = match (class.is_on, class.listed.is_empty()) {
        (false, true) => "Off: no client can send results".to_owned(),
        (false, false) => format!("Off: {results} kept"),
        (true, true) => {
            "Students tick Send results in Compare › Class…, or run lanes compare with --send-results"
                .to_owned()
        }
        (true, false) => format!("{results} of {}", format::count(students(class), "student")),
    };
    ui.label(controls::small(ui, words));
    let warn = |ui: &mut Ui, words: String| {
        let words = RichText::new(words).small().color(Palette::of(ui).warn);
        ui.add(Label::new(words).wrap());
    };
    if let Some(problem) = class.collection.as_ref().and_then(|one| one.problem()) {
        warn(ui, format::capital(&problem.to_string()));
    }
    if class.is_on && refused > 0 {
        let refused = format::count(refused as usize, "connection");
        warn(
            ui,
            format!(
                "{refused} refused since the start, which slows down measurements: let fewer students measure at the same time, or with fewer connections"
            ),
        );
    }
}

/// Draws the warning that no student can reach the server, and the button that changes it.
fn loopback_ui(ui: &mut Ui, actions: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let words = "The server listens on this machine only: no other machine can reach it";
        ui.label(RichText::new(words).color(Palette::of(ui).warn));
        if controls::button(ui, "Listen on the local network").clicked() {
            actions.push(Action::Class(ClassAction::ListenOnNetworks));
        }
    });
}

fn students(class: &Class) -> usize {
    let students: std::collections::HashSet<_> =
        class.listed.iter().map(|one| tasks::student(one)).collect();
    students.len()
}

/// Draws the list of tasks and the choice of the quantity.
fn task_ui(ui: &mut Ui, class: &mut Class, index: usize) {
    ui.horizontal(|ui| {
        let title = |task: &Task| {
            let students = format::count(task.results.len(), "student");
            visual(&format!("{} ({students})", task.title())).into_owned()
        };
        let label = ui.label("Task").id;
        let list = ComboBox::from_id_salt("class-task")
            .width(TASKS.min(ui.available_width() - 200.0))
            .truncate()
            .selected_text(class.tasks.get(index).map(title).unwrap_or_default());
        let list = list.show_ui(ui, |ui| {
            for (other, task) in class.tasks.iter().enumerate() {
                if ui.selectable_label(other == index, title(task)).clicked() {
                    class.chosen = task.any().cloned();
                    class.zoom.reset();
                }
            }
        });
        list.response.labelled_by(label);
        if class.tasks.get(index).is_some_and(Task::has_rates) {
            let metrics = [
                (ClassMetric::Time, "Time", "Plot completion times"),
                (ClassMetric::Rate, "Rate", "Plot rates"),
            ];
            let metrics =
                metrics.map(|(one, words, name)| (one, words.to_owned(), name.to_owned()));
            if controls::chips(ui, &mut class.metric, metrics) {
                class.zoom.reset();
            }
        }
    });
}
