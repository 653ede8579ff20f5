//! The texts of a lesson for the terminal.

use lanes_shared::lesson::{Lesson, Reading, Varied};
use lanes_shared::link::profile_name;
use lanes_shared::size;

use crate::cli::chart::{Bar, bars};
use crate::cli::table::{Align, table};
use crate::lab::report::format::wrapped;

/// Width of the text in characters.
const WIDTH: usize = 80;

/// Returns the title, the question and the experiment.
pub(super) fn question(lesson: &Lesson) -> String {
    let first = lesson.curves.first().map(|curve| profile_name(&curve.link));
    let link = first.unwrap_or_default();
    let download = match lesson.varied {
        Varied::Connections => size::si(lesson.size),
        Varied::FileSize => Varied::Connections.with_unit(lesson.connections as f64),
        Varied::Link(_) => format!(
            "{} over {}",
            size::si(lesson.size),
            Varied::Connections.with_unit(lesson.connections as f64)
        ),
    };
    format!(
        "{}\n\n{}\n\nSimulated: {download}; {link}\n",
        lesson.title,
        flowing(&lesson.question)
    )
}

/// Returns the results of a curve that is known before the guess.
pub(super) fn known(lesson: &Lesson, curve: usize, readings: &[Reading]) -> String {
    let name = lesson.curves.get(curve).map(|curve| curve.name.as_str());
    format!(
        "{}\n{}\n",
        name.unwrap_or_default(),
        chart(lesson, readings)
    )
}

/// Returns the results beside the guess, and the explanation.
pub(super) fn result(lesson: &Lesson, results: &[Vec<Reading>], guesses: &[Option<f64>]) -> String {
    let empty = Vec::new();
    let readings = results.get(lesson.guessed).unwrap_or(&empty);
    let (varied, measure) = (lesson.varied.label(), lesson.measure.label());
    let columns = [
        (varied.as_str(), Align::Right),
        ("your guess", Align::Right),
        (measure, Align::Right),
    ];
    let row = |((value, reading), guess): ((&f64, &Reading), &Option<f64>)| {
        let guess = guess.map(|guess| lesson.measure.text(guess));
        [
            lesson.varied.value(*value),
            guess.unwrap_or_else(|| "–".to_owned()),
            lesson.measure.text(reading.of(lesson.measure)),
        ]
    };
    let rows = lesson.values.iter().zip(readings).zip(guesses);
    let rows: Vec<_> = rows.map(row).collect();
    [
        table(columns, &rows),
        chart(lesson, readings),
        format!("What happened\n{}", findings(lesson, results)),
        format!("Why\n{}", flowing(&lesson.why)),
        format!("Try next\n{}", flowing(&lesson.next)),
    ]
    .join("\n\n")
}

fn chart(lesson: &Lesson, readings: &[Reading]) -> String {
    let bar = |(value, reading): (&f64, &Reading)| {
        let value_of = reading.of(lesson.measure);
        Bar {
            label: lesson.varied.value(*value),
            value: value_of,
            text: lesson.measure.text(value_of),
        }
    };
    bars(
        &lesson
            .values
            .iter()
            .zip(readings)
            .map(bar)
            .collect::<Vec<_>>(),
    )
}

/// Returns the sentences with the measured numbers; one that is not true of these runs is marked.
fn findings(lesson: &Lesson, results: &[Vec<Reading>]) -> String {
    let line = |claim: &lanes_shared::lesson::Claim| {
        let finding = claim.check(results)?;
        let (mark, remark) = match finding.holds {
            true => ("✓", ""),
            false => ("✗", "not true of these runs: "),
        };
        let text = format!("{} ({remark}{})", claim.says, finding.measured);
        Some(format!("{mark} {}", wrapped(&text, WIDTH - 2).join("\n  ")))
    };
    let lines: Vec<String> = lesson.claims.iter().filter_map(line).collect();
    lines.join("\n")
}

/// Breaks the paragraphs of a text into lines.
fn flowing(text: &str) -> String {
    let paragraphs = text
        .split("\n\n")
        .map(|part| wrapped(part, WIDTH).join("\n"));
    paragraphs.collect::<Vec<_>>().join("\n\n")
}
