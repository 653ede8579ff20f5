//! Reads a lesson from TOML and checks every value.

mod claims;
mod table;
mod values;

use super::{Curve, Lesson, LessonError, MAX_LEN, Measure, Varied};
use crate::link::presets::{Preset, preset};
use crate::link::profile::FIELDS;
use crate::link::{LinkProfile, ProfileError};
use crate::toml_lines::TomlLines;
use table::{Entry, Table};

/// Maximum length of the title in characters, and of the name of a curve.
const MAX_TITLE: usize = 60;
const MAX_NAME: usize = 24;
/// Maximum length of another text, in characters.
const MAX_TEXT: usize = 2_000;
/// Range of the length of a file, in bytes.
const SIZES: std::ops::RangeInclusive<u64> = 1..=200_000_000;
/// Maximum number of connections.
const MAX_CONNECTIONS: u64 = 64;
/// Maximum number of simulated runs for each value, and the default.
const MAX_RUNS: u64 = 50;
const DEFAULT_RUNS: u64 = 9;
/// Maximum number of curves.
const MAX_CURVES: usize = 4;
/// File bytes that all simulated runs may have together: a few seconds of a processor.
pub(super) const MAX_TOTAL: u64 = 4_000_000_000;

/// The fields of a lesson.
const LESSON: [&str; 15] = [
    "title",
    "question",
    "vary",
    "values",
    "measure",
    "axis_to",
    "size",
    "connections",
    "runs",
    "guess",
    "why",
    "next",
    "link",
    "curve",
    "claim",
];
/// The fields of a curve.
const CURVE: [&str; 2] = ["name", "link"];

impl Lesson {
    /// Parses and checks a lesson.
    ///
    /// # Errors
    /// [`LessonError`] when the text is not TOML, a field is unknown or missing, or a value is not
    /// accepted. In a text of several lines the error is a [`LessonError::Line`].
    ///
    /// # Examples
    /// ```
    /// use lanes_shared::lesson::{Lesson, builtin};
    ///
    /// let lesson = Lesson::from_toml(builtin::ALL[0].toml)?;
    /// assert_eq!(lesson.title, "Slow start");
    /// let error = Lesson::from_toml("title = \"x\"\nvalues = 3").unwrap_err();
    /// assert_eq!(error.to_string(), "question is missing");
    /// # Ok::<(), lanes_shared::lesson::LessonError>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, LessonError> {
        if text.len() > MAX_LEN {
            return Err(LessonError::TooLong(text.len()));
        }
        let lines = TomlLines::new(text);
        let spanned = toml::de::DeTable::parse(text).map_err(|error| {
            let syntax = LessonError::Syntax(error.message().to_owned());
            table::located(lines, error.span(), syntax)
        })?;
        let values: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| LessonError::Syntax(error.message().to_owned()))?;
        let table = Table::new(lines, spanned.get_ref(), &values);
        table.check_names(&LESSON)?;
        let mut lesson = read(&table)?;
        lesson.claims = claims::read(&table, &lesson)?;
        lesson.check_links(&table)?;
        lesson.check_total(&table)?;
        Ok(lesson)
    }

    /// Checks that each curve is a link for each value.
    fn check_links(&self, table: &Table<'_>) -> Result<(), LessonError> {
        let at = |error| table.located("link", error);
        for curve in &self.curves {
            for value in &self.values {
                let profile = self.varied.apply(&curve.link, *value);
                profile
                    .validate()
                    .map_err(|error| at(LessonError::Link(error)))?;
                if profile.is_open() {
                    return Err(at(LessonError::OpenLink));
                }
            }
        }
        Ok(())
    }

    /// Checks that the experiment does not take too long.
    fn check_total(&self, table: &Table<'_>) -> Result<(), LessonError> {
        let of_values: u64 = match self.varied {
            Varied::FileSize => self.values.iter().map(|value| *value as u64).sum(),
            _ => self.size * self.values.len() as u64,
        };
        let total = of_values * self.runs * self.curves.len() as u64;
        if total <= MAX_TOTAL {
            return Ok(());
        }
        let megabytes = total / 1_000_000;
        Err(table.located("size", LessonError::TooMuch { megabytes }))
    }
}

/// Reads everything but the claims.
fn read(table: &Table<'_>) -> Result<Lesson, LessonError> {
    let title = table.required("title")?.text(MAX_TITLE)?;
    let question = table.required("question")?.text(MAX_TEXT)?;
    let varied = varied(&table.required("vary")?)?;
    let values = values::read(&table.required("values")?, varied)?;
    let measure = match table.entry("measure") {
        Some(entry) => entry.choice(&Measure::ALL)?,
        None => Measure::Time,
    };
    let axis_to = table.required("axis_to")?.number(0.001..=1e6)?;
    let size = match (table.entry("size"), varied) {
        (Some(entry), Varied::FileSize) => {
            return Err(entry.refused("left out: it is what varies"));
        }
        (Some(entry), _) => entry.size(SIZES)?,
        (None, Varied::FileSize) => *SIZES.start(),
        (None, _) => return Err(LessonError::Missing("size")),
    };
    let connections = match (table.entry("connections"), varied) {
        (Some(entry), Varied::Connections) => {
            return Err(entry.refused("left out: it is what varies"));
        }
        (Some(entry), _) => entry.count(1..=MAX_CONNECTIONS)? as usize,
        (None, _) => 1,
    };
    let runs = match table.entry("runs") {
        Some(entry) => entry.count(1..=MAX_RUNS)?,
        None => DEFAULT_RUNS,
    };
    let curves = curves(table)?;
    let guessed = match table.entry("guess") {
        Some(entry) => curve_index(&entry, &curves)?,
        None => 0,
    };
    Ok(Lesson {
        title,
        question,
        varied,
        values,
        measure,
        axis_to,
        size,
        connections,
        runs,
        curves,
        guessed,
        claims: Vec::new(),
        why: table.required("why")?.text(MAX_TEXT)?,
        next: table.required("next")?.text(MAX_TEXT)?,
    })
}

fn varied(entry: &Entry<'_>) -> Result<Varied, LessonError> {
    let name = entry.string().unwrap_or_default();
    let field = FIELDS
        .iter()
        .find(|field| field.name == name && name != "seed");
    match (name, field) {
        ("connections", _) => Ok(Varied::Connections),
        ("file_size", _) => Ok(Varied::FileSize),
        (_, Some(field)) => Ok(Varied::Link(*field)),
        (_, None) => Err(entry.refused(
            "\"connections\", \"file_size\", or a numeric field of a link profile such as \"rtt_ms\"",
        )),
    }
}

/// Reads the link and the curves over it; without curves there is one, without a name.
fn curves(table: &Table<'_>) -> Result<Vec<Curve>, LessonError> {
    let base = match table.entry("link") {
        Some(entry) => link(&entry, LinkProfile::default())?,
        None => return Err(LessonError::Missing("link")),
    };
    let Some(entry) = table.entry("curve") else {
        let name = String::new();
        return Ok(vec![Curve { name, link: base }]);
    };
    let tables = entry.tables(1..=MAX_CURVES)?;
    let mut curves: Vec<Curve> = Vec::new();
    for table in tables {
        table.check_names(&CURVE)?;
        let entry = table.required("name")?;
        let name = entry.text(MAX_NAME)?;
        if curves.iter().any(|curve| curve.name == name) {
            return Err(entry.refused("a name that no other curve has"));
        }
        let link = match table.entry("link") {
            Some(entry) => link(&entry, base.clone())?,
            None => base.clone(),
        };
        curves.push(Curve { name, link });
    }
    Ok(curves)
}

/// Reads a link: the id of a preset, or a table whose fields replace those of `base`.
fn link(entry: &Entry<'_>, base: LinkProfile) -> Result<LinkProfile, LessonError> {
    if let Some(id) = entry.string() {
        let found = preset(id).map(Preset::profile);
        return found.ok_or_else(|| entry.refused("the id of a preset, or a table"));
    }
    let Some((spanned, values)) = entry.table() else {
        return Err(entry.refused("the id of a preset, or a table"));
    };
    base.overridden(spanned, values, entry.lines(), &|_| {
        Err(std::io::ErrorKind::NotFound.into())
    })
    .map_err(|error| match error {
        ProfileError::Line { line, error } => LessonError::Line {
            line,
            error: Box::new(LessonError::Link(*error)),
        },
        error => LessonError::Link(error),
    })
}

/// Returns the index of the curve that an entry names.
fn curve_index(entry: &Entry<'_>, curves: &[Curve]) -> Result<usize, LessonError> {
    let name = entry.string().filter(|name| !name.is_empty());
    let index = curves
        .iter()
        .position(|curve| name == Some(curve.name.as_str()));
    index.ok_or_else(|| entry.refused("the name of a [[curve]]"))
}
