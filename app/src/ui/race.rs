//! The race: the same picture over one and over eight connections, side by side, as its packets arrive.
//!
//! 1. Both are real downloads; the clock of each stops when its file is verified.
//! 2. It repaints [`FRAMES_PER_SEC`] times a second while it runs, and not at all afterwards.

mod lane;

use std::time::Duration;

use eframe::egui::{Align, Label, Layout, RichText, ScrollArea, Ui, vec2};

use super::format;
use super::message::{Action, RaceAction};
use super::sample_picture::Pixels;
use super::server::LocalServer;
use super::tokens::{self, BIG, CONTROL, Palette, STEP};
use super::widgets::controls;
use crate::lab::race::{self, Race, Racer, RacerState, report};
use lanes_engine::one_line;

/// Frames a second while a race runs.
const FRAMES_PER_SEC: u32 = 25;
/// Height of the result below the pictures, with its card.
const RESULT: f32 = 140.0;

/// State of the race.
#[derive(Default)]
pub(crate) struct State {
    race: Option<Race>,
    racers: Vec<Racer>,
}

impl State {
    /// Shows a race that has just started. Returns the one before, whose threads may still run.
    pub(crate) fn begin(&mut self, race: Race) -> Option<Race> {
        self.racers = race.racers();
        self.race.replace(race)
    }

    /// Shows why a race could not start.
    pub(crate) fn fail(&mut self, words: &str) {
        let racer = |connections| Racer {
            connections,
            state: RacerState::Failed(words.to_owned()),
            download: None,
        };
        self.racers = race::COUNTS.map(racer).into();
    }

    /// Cancels the race. Never blocks.
    pub(crate) fn cancel(&self) {
        if let Some(race) = &self.race {
            race.cancel();
        }
    }

    /// Returns whether a race runs.
    pub(crate) fn is_running(&self) -> bool {
        self.race.is_some()
    }

    /// Updates the progress. Returns the race once it is over, whose threads are ending.
    pub(crate) fn update(&mut self) -> Option<Race> {
        self.racers = self.race.as_ref()?.racers();
        self.race.take_if(|_| report::is_over(&self.racers))
    }
}

/// State of the rest of the program that the race shows.
pub(crate) struct ScreenContext<'a> {
    /// The local server, which both downloads come from.
    pub local_server: &'a LocalServer,
    /// The pixels of the picture.
    pub pixels: Pixels,
}

/// Draws the race.
pub(crate) fn ui(
    ui: &mut Ui,
    state: &State,
    context: &ScreenContext<'_>,
    actions: &mut Vec<Action>,
) {
    if state.is_running() {
        let frame = Duration::from_secs(1) / FRAMES_PER_SEC;
        ui.ctx().request_repaint_after(frame);
    }
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        title_ui(ui);
        let room = ui.available_height() - RESULT - ui.spacing().item_spacing.y;
        let gap = 2.0 * STEP;
        let width = (ui.available_width() - gap) / 2.0;
        ui.horizontal_top(|ui| {
            ui.spacing_mut().item_spacing.x = gap;
            for (place, connections) in race::COUNTS.into_iter().enumerate() {
                let racer = state.racers.get(place);
                let room = vec2(width, room.max(lane::LEAST));
                lane::ui(ui, room, connections, racer, context.pixels);
            }
        });
        tokens::card(ui).show(ui, |ui| {
            ui.set_min_size(vec2(ui.available_width(), RESULT - 32.0));
            result_ui(ui, state, context.local_server, actions);
        });
    });
}

fn title_ui(ui: &mut Ui) {
    let [one, many] = race::COUNTS;
    let title = format!("{} over {one} and over {many} connections", race::FILE);
    ui.label(RichText::new(title).heading());
    let link = report::link_words();
    let words = format!(
        "Two real downloads at once, each over its own emulated link ({link}). Nothing is kept on the disk."
    );
    controls::truncated(ui, controls::small(ui, words));
}

/// Draws the finding and the buttons.
fn result_ui(ui: &mut Ui, state: &State, local_server: &LocalServer, actions: &mut Vec<Action>) {
    let (headline, reason) = words(state, local_server);
    ui.spacing_mut().item_spacing.y = 4.0;
    ui.label(RichText::new(headline).size(BIG));
    ui.add(Label::new(controls::small(ui, reason)).wrap());
    ui.add_space(STEP);
    ui.horizontal(|ui| {
        ui.set_min_height(CONTROL);
        buttons_ui(ui, state, local_server, actions);
    });
}

/// Returns a headline and an explanation for the present state.
fn words(state: &State, local_server: &LocalServer) -> (String, String) {
    let racers = &state.racers;
    if let Some(finding) = report::finding(racers) {
        let len = racers.iter().find_map(|racer| racer.download.as_ref()?.len);
        let limit = format::capital(&report::limit(len.unwrap_or_default()));
        let late = report::lateness(racers).map_or_else(String::new, |late| {
            let late = format::time(late);
            format!(" · Unreliable: this computer was too busy to emulate the link on time (up to {late} late)")
        });
        return (finding, format!("{limit}{late}"));
    }
    if state.is_running() {
        let words = "Each packet fills its place in the picture, in the colour of its connection";
        return ("Racing…".to_owned(), words.to_owned());
    }
    let reason = racers.iter().find_map(|racer| match &racer.state {
        RacerState::Failed(reason) => Some(("The race failed", format::capital(&one_line(reason)))),
        RacerState::TooLong => Some((
            "The race took too long",
            "It was ended after 30 s: this computer is too busy, or the server does not answer"
                .to_owned(),
        )),
        RacerState::Cancelled => Some(("Cancelled", "Nothing is kept".to_owned())),
        _ => None,
    });
    if let (Some((headline, reason)), LocalServer::Running(_)) = (&reason, local_server) {
        return ((*headline).to_owned(), reason.clone());
    }
    let words = match local_server {
        LocalServer::Running(_) => "Ready".to_owned(),
        LocalServer::Starting => "The local server is starting".to_owned(),
        LocalServer::Failed(reason) => format!("The local server failed to start: {reason}"),
        LocalServer::Stopped | LocalServer::Stopping => "The local server is stopped".to_owned(),
    };
    let hint = "The race downloads from the server in this window, without any network";
    (words, hint.to_owned())
}

fn buttons_ui(ui: &mut Ui, state: &State, local_server: &LocalServer, actions: &mut Vec<Action>) {
    let mut act = |action| actions.push(Action::Race(action));
    if state.is_running() {
        if controls::button(ui, "Cancel race").clicked() {
            act(RaceAction::Cancel);
        }
        return;
    }
    let has_finding = report::finding(&state.racers).is_some();
    if has_finding {
        let compare = controls::primary_of(ui, "Compare 1 to 50 connections", 232.0);
        if compare.clicked() {
            act(RaceAction::Compare);
        }
    }
    match local_server {
        LocalServer::Running(_) if has_finding => {
            if controls::button(ui, "Race again").clicked() {
                act(RaceAction::Start);
            }
        }
        LocalServer::Running(_) => {
            if controls::primary(ui, "Start the race").clicked() {
                act(RaceAction::Start);
            }
        }
        LocalServer::Starting | LocalServer::Stopping => {}
        LocalServer::Stopped | LocalServer::Failed(_) => {
            if controls::primary(ui, "Start server").clicked() {
                actions.push(Action::StartServer);
            }
        }
    }
    if controls::button(ui, "Close").clicked() {
        actions.push(Action::Race(RaceAction::Close));
    }
}

/// Draws the offer of the race to a new user; `can_start` tells that the local server runs.
pub(crate) fn offer_ui(ui: &mut Ui, width: f32, can_start: bool, actions: &mut Vec<Action>) {
    let [one, many] = race::COUNTS;
    ui.allocate_ui_with_layout(vec2(width, 0.0), Layout::top_down(Align::Min), |ui| {
        tokens::card(ui).show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.spacing_mut().item_spacing.y = 4.0;
            ui.horizontal(|ui| {
                let [first, second] = [one, many].map(|number| Palette::of(ui).lane(number));
                lane::mark(ui, first);
                lane::mark(ui, second);
                ui.label(RichText::new("New here? Watch two downloads race").heading());
            });
            let words = format!(
                "{} over {one} and over {many} connections, through a slow link that the server in this window \
                 emulates. About six seconds, without any network; nothing is kept.",
                race::FILE
            );
            ui.add(Label::new(controls::small(ui, words)).wrap());
            ui.add_space(4.0);
            ui.horizontal(|ui| {
                ui.add_enabled_ui(can_start, |ui| {
                    if controls::primary(ui, "Race").clicked() {
                        actions.push(Action::Race(RaceAction::Start));
                    }
                });
                if controls::button(ui, "No, thanks").clicked() {
                    actions.push(Action::Race(RaceAction::Dismiss));
                }
                if !can_start {
                    ui.label(controls::small(ui, "Needs the local server, which is not running yet"));
                }
            });
        });
    });
}
