//! The student's side of a class: sends finished experiments to their server.

use eframe::egui::{Label, RichText, Ui};
use lanes_engine::{CancelToken, ServerName, one_line};
use lanes_shared::class_result::{ClassResult, MAX_NAME_CHARS};

use super::workspace::Workspace;
use crate::lab::export::to_class_result;
use crate::ui::message::{Action, ClassAction};
use crate::ui::tokens::Palette;
use crate::ui::widgets::controls;

/// Width of the name field.
const NAME: f32 = 208.0;

/// The data of a result, in words.
const SENT: &str = "Sent: this name; the file and its size; mode, link and packet size; for each value the number of runs, the median and the spread. No paths, no host names. The server also sees the address of this computer";

/// State of the panel.
#[derive(Default)]
pub(crate) struct ClassPanel {
    /// The panel is shown.
    pub is_open: bool,
    /// Finished experiments are sent.
    pub sends: bool,
    /// The name of the student, as typed.
    pub name: String,
    /// Ends a running transmission.
    pub cancel: CancelToken,
    state: Transmission,
}

/// The state of the latest transmission.
#[derive(Default)]
enum Transmission {
    #[default]
    None,
    Running,
    Done(String),
    Failed(String),
}

impl ClassPanel {
    /// Returns the results of finished experiments, each with its server.
    pub(crate) fn results(&self, workspace: &Workspace) -> Vec<(ServerName, ClassResult)> {
        let all = workspace.experiments.iter();
        all.filter_map(|one| to_class_result(one, &self.name))
            .collect()
    }

    /// Called when a transmission begins.
    pub(crate) fn begin(&mut self) {
        self.state = Transmission::Running;
    }

    /// Called when a transmission has ended.
    pub(crate) fn ended(&mut self, outcome: Result<String, String>) {
        self.state = match outcome {
            Ok(words) => Transmission::Done(words),
            Err(words) => Transmission::Failed(words),
        };
    }

    fn is_running(&self) -> bool {
        matches!(self.state, Transmission::Running)
    }
}

/// Draws the button that shows or hides the panel.
pub(super) fn button_ui(ui: &mut Ui, panel: &mut ClassPanel) {
    let words = match (panel.is_open, panel.sends) {
        (true, _) => "Hide class",
        (false, true) => "Class: sends",
        (false, false) => "Class…",
    };
    let button = controls::button(ui, words);
    if button
        .on_hover_text("Send results to the server of a class")
        .clicked()
    {
        panel.is_open = !panel.is_open;
    }
}

/// Draws the panel. `server` is that of the form, if it is a Lanes server.
pub(super) fn ui(
    ui: &mut Ui,
    panel: &mut ClassPanel,
    workspace: &Workspace,
    server: Option<&ServerName>,
    actions: &mut Vec<Action>,
) {
    ui.horizontal(|ui| {
        controls::group(ui, "Your name", |ui, label| {
            let hint = "as shown to the class";
            let field = controls::field(ui, &mut panel.name, label, hint, NAME);
            if field.changed() {
                panel.name = panel.name.chars().take(MAX_NAME_CHARS).collect();
            }
        });
        controls::unlabelled(ui, |ui| {
            ui.horizontal(|ui| {
                let words = "Send results to the server of this experiment";
                controls::checkbox(ui, &mut panel.sends, words)
                    .on_hover_text("Each experiment that finishes from now on");
                let has_results = !panel.is_running()
                    && workspace.has_results()
                    && !panel.results(workspace).is_empty();
                if controls::button_if(ui, "Send now", has_results)
                    .on_hover_text("Sends the shown experiments once")
                    .clicked()
                {
                    actions.push(Action::Class(ClassAction::Send));
                }
            });
        });
    });
    state_ui(ui, panel, server);
    ui.add(Label::new(controls::small(ui, SENT)).wrap());
}

fn state_ui(ui: &mut Ui, panel: &ClassPanel, server: Option<&ServerName>) {
    let palette = Palette::of(ui);
    let (words, colour) = match (&panel.state, server) {
        (Transmission::Running, _) => ("Sending".to_owned(), palette.text),
        (Transmission::Done(words), _) => (words.clone(), palette.good),
        (Transmission::Failed(words), _) => (words.clone(), palette.bad),
        (Transmission::None, None) => {
            let words = "Only Lanes servers take results: choose a file of one";
            (words.to_owned(), palette.warn)
        }
        (Transmission::None, Some(server)) if panel.sends => {
            let words = format!("The next finished experiment goes to {server}");
            (words, palette.text)
        }
        (Transmission::None, Some(_)) => ("Nothing is sent".to_owned(), palette.weak),
    };
    ui.add(Label::new(RichText::new(one_line(&words)).color(colour)).wrap());
}
