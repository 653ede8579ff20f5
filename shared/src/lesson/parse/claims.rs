//! The claims of a lesson.

use super::super::{Claim, Lesson, LessonError, Measure, Spot};
use super::table::{Entry, Table};
use super::{MAX_TEXT, curve_index, values};

/// Maximum number of claims.
const MAX_CLAIMS: usize = 12;

/// The fields of a claim.
const CLAIM: [&str; 8] = [
    "says",
    "measure",
    "at",
    "curve",
    "relative_to",
    "relative_to_curve",
    "least",
    "most",
];

/// Reads the claims about `lesson`.
pub(super) fn read(table: &Table<'_>, lesson: &Lesson) -> Result<Vec<Claim>, LessonError> {
    let tables = table.required("claim")?.tables(1..=MAX_CLAIMS)?;
    tables.iter().map(|table| claim(table, lesson)).collect()
}

fn claim(table: &Table<'_>, lesson: &Lesson) -> Result<Claim, LessonError> {
    table.check_names(&CLAIM)?;
    let measure = match table.entry("measure") {
        Some(entry) => entry.choice(&Measure::ALL)?,
        None => lesson.measure,
    };
    let says = table.required("says")?.text(MAX_TEXT)?;
    let at = Spot {
        curve: curve(table, "curve", lesson)?.unwrap_or(lesson.guessed),
        value: value_index(&table.required("at")?, lesson)?,
    };
    let base_value = table.entry("relative_to");
    let base_value = base_value.map(|entry| value_index(&entry, lesson));
    let base = (
        curve(table, "relative_to_curve", lesson)?,
        base_value.transpose()?,
    );
    // The same curve at another value, another curve at the same value, or both.
    let relative_to = (base != (None, None)).then_some(Spot {
        curve: base.0.unwrap_or(at.curve),
        value: base.1.unwrap_or(at.value),
    });
    let least = table.required("least")?.number(0.0..=1e9)?;
    let entry = table.required("most")?;
    let most = entry.number(0.0..=1e9)?;
    if most < least {
        return Err(entry.refused(format!("at least {least}, as least is")));
    }
    Ok(Claim {
        says,
        measure,
        at,
        relative_to,
        least,
        most,
    })
}

/// Reads the name of a curve, if it is given.
fn curve(
    table: &Table<'_>,
    name: &'static str,
    lesson: &Lesson,
) -> Result<Option<usize>, LessonError> {
    let entry = table.entry(name);
    let index = entry.map(|entry| curve_index(&entry, &lesson.curves));
    index.transpose()
}

/// Reads a value and returns its index.
fn value_index(entry: &Entry<'_>, lesson: &Lesson) -> Result<usize, LessonError> {
    let number = values::value(entry, lesson.varied)?;
    let index = lesson.values.iter().position(|value| *value == number);
    index.ok_or_else(|| entry.refused("one of the values"))
}
