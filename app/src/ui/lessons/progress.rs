//! The way of a learner through one lesson.

use std::sync::Arc;

use lanes_engine::CancelToken;
use lanes_shared::lesson::{Lesson, Reading, Varied};
use lanes_shared::link::LinkProfile;

use crate::ui::message::{Action, LessonAction, LessonRun};

/// The state of one lesson.
pub(super) struct LessonProgress {
    key: u64,
    pub(super) lesson: Arc<Lesson>,
    /// The guess for each value.
    pub(super) guesses: Vec<Option<f64>>,
    /// Results of each curve; empty until they are simulated.
    results: Vec<Vec<Reading>>,
    /// A simulation of curves that are known before the guess was requested.
    is_known_requested: bool,
    /// The simulation of the guessed curve runs.
    pub(super) is_running: bool,
    cancel: CancelToken,
}

impl LessonProgress {
    pub(super) fn new(key: u64, lesson: Arc<Lesson>) -> Self {
        Self {
            key,
            guesses: vec![None; lesson.values.len()],
            results: vec![Vec::new(); lesson.curves.len()],
            is_known_requested: false,
            is_running: false,
            cancel: CancelToken::default(),
            lesson,
        }
    }

    /// Identifies the lesson on the screen.
    pub(super) fn key(&self) -> u64 {
        self.key
    }

    /// Requests the curves that are shown before the guess, once.
    pub(super) fn request_known(&mut self, actions: &mut Vec<Action>) {
        let is_requested = std::mem::replace(&mut self.is_known_requested, true);
        if is_requested || self.lesson.curves.len() < 2 {
            return;
        }
        let curves = 0..self.lesson.curves.len();
        let known = curves.filter(|curve| *curve != self.lesson.guessed);
        self.request(known.collect(), actions);
    }

    /// Requests the guessed curve.
    pub(super) fn request_answer(&mut self, actions: &mut Vec<Action>) {
        if !self.is_running && !self.is_answered() {
            self.is_running = true;
            self.request(vec![self.lesson.guessed], actions);
        }
    }

    fn request(&self, curves: Vec<usize>, actions: &mut Vec<Action>) {
        actions.push(Action::Lesson(LessonAction::Run(LessonRun {
            key: self.key,
            lesson: self.lesson.clone(),
            curves,
            cancel: self.cancel.clone(),
        })));
    }

    /// Stores results.
    pub(super) fn ran(&mut self, results: Vec<(usize, Vec<Reading>)>) {
        for (curve, readings) in results {
            self.is_running &= curve != self.lesson.guessed;
            if let Some(place) = self.results.get_mut(curve) {
                *place = readings;
            }
        }
    }

    /// Ends the simulations.
    pub(super) fn cancel(&self) {
        self.cancel.cancel();
    }

    /// Returns the results of each curve; those of a curve that is not simulated yet are empty.
    pub(super) fn results(&self) -> &[Vec<Reading>] {
        &self.results
    }

    /// Returns whether all curves are simulated.
    pub(super) fn is_answered(&self) -> bool {
        self.results.iter().all(|readings| !readings.is_empty())
    }

    /// Returns the number of guesses.
    pub(super) fn guess_count(&self) -> usize {
        self.guesses.iter().flatten().count()
    }

    /// Forgets the guess and the result, for another try.
    pub(super) fn reset(&mut self) {
        self.guesses.fill(None);
        self.results[self.lesson.guessed].clear();
    }

    /// Returns the results of a curve in the unit of the plot.
    pub(super) fn curve(&self, curve: usize) -> Vec<f64> {
        let readings = self.results.get(curve).into_iter().flatten();
        readings.map(|one| one.of(self.lesson.measure)).collect()
    }

    /// Returns the upper end of the vertical axis.
    pub(super) fn top(&self) -> f64 {
        let curves = 0..self.results.len();
        let all = curves.flat_map(|curve| self.curve(curve));
        let highest = all.chain(self.guesses.iter().flatten().copied());
        highest.fold(self.lesson.axis_to / 1.05, f64::max) * 1.05
    }

    /// Returns the link and the file to measure it with real downloads. A varied quantity of the link has
    /// its middle value, and a varied file its largest.
    pub(super) fn for_compare(&self) -> Option<(LinkProfile, String)> {
        let lesson = &self.lesson;
        let mut link = lesson.curves.get(lesson.guessed)?.link.clone();
        let mut bytes = lesson.size;
        match lesson.varied {
            Varied::Connections => {}
            Varied::FileSize => bytes = *lesson.values.last()? as u64,
            Varied::Link(field) => {
                link.set_number(field.name, *lesson.values.get(lesson.values.len() / 2)?);
            }
        }
        Some((link, format!("sample-{bytes}.bin")))
    }
}
