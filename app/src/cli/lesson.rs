//! `lanes lesson`: guided experiments with the link model, without a server.

mod guess;
mod report;

use std::path::Path;

use clap::Args;
use lanes_shared::lesson::{Lesson, LessonError, MAX_LEN, Reading, builtin};

use super::failure::Failure;
use super::table::{Align, table};
use super::terminal;
use crate::bounded_text;

/// Arguments of `lanes lesson`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lanes lesson
  lanes lesson slow-start
  lanes lesson slow-start --guess 0.2,0.3,0.5,1,2,4
  lanes lesson my-lesson.toml --check

In a terminal, the command asks for your guess before it runs the experiment. A lesson of your own is a TOML
file; begin with a copy of one of the program's, which --toml prints.

Exit codes: 0 success, 1 failure or a sentence that is not true, 2 usage error.")]
pub struct LessonArgs {
    /// Lesson: its name, or a file of your own; without one, all lessons are listed
    #[arg(value_name = "NAME|FILE.toml")]
    lesson: Option<String>,
    /// Your guess for each value, in the unit of the plot
    #[arg(long, value_name = "X,X,…", value_delimiter = ',')]
    guess: Vec<f64>,
    /// Fail if a sentence of the lesson is not true of its runs
    #[arg(long)]
    check: bool,
    /// Print the lesson as TOML instead
    #[arg(long, conflicts_with_all = ["guess", "check"])]
    toml: bool,
}

/// Why a lesson cannot be given.
#[derive(Debug, thiserror::Error)]
enum LessonArgError {
    /// The argument is neither a lesson nor a file.
    #[error("no lesson or file `{0}`; lessons: {ids}", ids = ids())]
    Unknown(String),
    /// The file cannot be read.
    #[error("cannot read the lesson {0}: {1}")]
    Read(String, std::io::Error),
    /// The file contains no valid lesson.
    #[error("{0}: {1}")]
    Lesson(String, LessonError),
    /// There are more or fewer guesses than values.
    #[error("--guess needs {expected} numbers, one for each of {values}, not {given}")]
    Guesses {
        /// Number of values.
        expected: usize,
        /// The values.
        values: String,
        /// Number of guesses.
        given: usize,
    },
    /// A guess is no possible result.
    #[error("a guess must be a number from 0 on, not {0}")]
    Guess(f64),
    /// Sentences are not true of the runs.
    #[error("{0} of the lesson's sentences are not true of its runs")]
    Untrue(usize),
}

fn ids() -> String {
    builtin::ALL.map(|one| one.id).join(", ")
}

/// Lists the lessons, or gives one.
pub(super) fn run(args: &LessonArgs) -> Result<(), Failure> {
    let Some(name) = &args.lesson else {
        return Ok(terminal::print(&list())?);
    };
    let text = text(name).map_err(Failure::usage)?;
    let parsed = Lesson::from_toml(&text);
    let lesson =
        parsed.map_err(|error| Failure::usage(LessonArgError::Lesson(name.clone(), error)))?;
    if args.toml {
        return Ok(terminal::print(text.trim_end())?);
    }
    check_guesses(&lesson, &args.guess).map_err(Failure::usage)?;
    terminal::print(&report::question(&lesson))?;
    let mut results: Vec<Vec<Reading>> = Vec::new();
    for curve in 0..lesson.curves.len() {
        // The other curves are shown before the guess.
        let is_known = curve != lesson.guessed;
        let readings = lesson.run(curve, &|| true).unwrap_or_default();
        if is_known {
            terminal::print(&report::known(&lesson, curve, &readings))?;
        }
        results.push(readings);
    }
    let guesses = match &args.guess[..] {
        [] => guess::ask(&lesson)?,
        given => given.iter().copied().map(Some).collect(),
    };
    terminal::print(&report::result(&lesson, &results, &guesses))?;
    let is_untrue = |claim: &&lanes_shared::lesson::Claim| {
        claim.check(&results).is_none_or(|finding| !finding.holds)
    };
    match lesson.claims.iter().filter(is_untrue).count() {
        untrue if args.check && untrue > 0 => Err(Failure::failed(LessonArgError::Untrue(untrue))),
        _ => Ok(()),
    }
}

/// Returns the list of all lessons.
fn list() -> String {
    let columns = [("lesson", Align::Left), ("title", Align::Left)];
    let row = |one: builtin::Builtin| {
        let title = one.lesson().map(|lesson| lesson.title);
        [one.id.to_owned(), title.unwrap_or_default()]
    };
    let rows: Vec<_> = builtin::ALL.map(row).into();
    format!(
        "{}\n\nBegin with `lanes lesson {}`.",
        table(columns, &rows),
        builtin::ALL[0].id
    )
}

/// Returns the text of a lesson of the program, or of a file.
fn text(name: &str) -> Result<String, LessonArgError> {
    if let Some(one) = builtin::ALL.iter().find(|one| one.id == name) {
        return Ok(one.toml.to_owned());
    }
    bounded_text::read(Path::new(name), MAX_LEN).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => LessonArgError::Unknown(name.to_owned()),
        _ => LessonArgError::Read(name.to_owned(), error),
    })
}

fn check_guesses(lesson: &Lesson, guesses: &[f64]) -> Result<(), LessonArgError> {
    if guesses.is_empty() {
        return Ok(());
    }
    let values = lesson
        .values
        .iter()
        .map(|value| lesson.varied.value(*value));
    if guesses.len() != lesson.values.len() {
        return Err(LessonArgError::Guesses {
            expected: lesson.values.len(),
            values: values.collect::<Vec<_>>().join(", "),
            given: guesses.len(),
        });
    }
    let wrong = guesses.iter().find(|guess| !(0.0..=1e12).contains(*guess));
    wrong.map_or(Ok(()), |guess| Err(LessonArgError::Guess(*guess)))
}
