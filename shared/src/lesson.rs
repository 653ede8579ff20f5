//! Lessons: guided experiments with the link model.
//!
//! A lesson asks a question, varies one quantity of a download, and says what happens and why. It is
//! a TOML text, so that teachers write their own; [`builtin`] has those of the program. The
//! sentences about what happens are [`Claim`]s: each names the values that it speaks of, and is
//! checked in every run.

pub mod builtin;
mod claim;
mod error;
mod measure;
mod parse;
mod run;
#[cfg(test)]
mod tests;
mod varied;

pub use claim::{Claim, Finding, Spot};
pub use error::LessonError;
pub use measure::{Measure, Reading};
pub use varied::Varied;

use crate::link::LinkProfile;

/// A guided experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// Title, in a few words.
    pub title: String,
    /// The question, with what a learner has to know to guess the answer.
    pub question: String,
    /// The quantity that is varied.
    pub varied: Varied,
    /// Its values, in ascending order, in the unit of [`Varied`].
    pub values: Vec<f64>,
    /// The result that is plotted.
    pub measure: Measure,
    /// Upper end of the vertical axis before the run, in the unit of the measure.
    pub axis_to: f64,
    /// Length of the file in bytes, unless that is varied.
    pub size: u64,
    /// Number of connections, unless that is varied.
    pub connections: usize,
    /// Number of simulated runs for each value.
    pub runs: u64,
    /// The curves: at least one.
    pub curves: Vec<Curve>,
    /// Index of the curve that the learner guesses; the others are shown before.
    pub guessed: usize,
    /// Sentences about what happened, each of which is checked.
    pub claims: Vec<Claim>,
    /// The reason, in paragraphs that an empty line separates.
    pub why: String,
    /// Further experiments.
    pub next: String,
}

/// One curve of the plot: the same values over one link.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// Name in the legend; empty for the only curve.
    pub name: String,
    /// The link, without the varied value.
    pub link: LinkProfile,
}

/// Maximum length of the text of a lesson, in bytes.
pub const MAX_LEN: usize = 64 * 1024;
