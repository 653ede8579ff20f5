//! A TOML table with the places of its fields, and typed reads that name field, range and line.

use super::super::LessonError;
use crate::size;
use crate::toml_lines::TomlLines;
use crate::visible_text::is_hidden;
use std::ops::{Range, RangeInclusive};
use toml::de::{DeTable, DeValue};

/// Maximum length of a value in an error, in characters.
const MAX_SHOWN: usize = 60;

/// A table.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    lines: TomlLines<'a>,
    /// First line of a table in the lesson; `None` for the lesson itself.
    line: Option<usize>,
    spanned: &'a DeTable<'a>,
    values: &'a toml::Table,
}

/// A field of a table.
#[derive(Clone)]
pub(super) struct Entry<'a> {
    name: &'static str,
    span: Range<usize>,
    lines: TomlLines<'a>,
    spanned: &'a DeValue<'a>,
    value: &'a toml::Value,
}

/// Adds the line of `span` to an error.
pub(super) fn located(
    lines: TomlLines<'_>,
    span: Option<Range<usize>>,
    error: LessonError,
) -> LessonError {
    let Some(line) = lines.line_of(span) else {
        return error;
    };
    LessonError::Line {
        line,
        error: Box::new(error),
    }
}

impl<'a> Table<'a> {
    /// Takes a table and the same values with their places in the text of `lines`.
    pub(super) fn new(
        lines: TomlLines<'a>,
        spanned: &'a DeTable<'a>,
        values: &'a toml::Table,
    ) -> Self {
        Self {
            lines,
            line: None,
            spanned,
            values,
        }
    }

    /// Checks that every field is one of `known`.
    pub(super) fn check_names(&self, known: &[&'static str]) -> Result<(), LessonError> {
        for key in self.spanned.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let error = LessonError::Unknown {
                    field: shortened(name),
                    known: known.join(", "),
                };
                return Err(located(self.lines, Some(key.span()), error));
            }
        }
        Ok(())
    }

    /// Returns a field.
    pub(super) fn entry(&self, name: &'static str) -> Option<Entry<'a>> {
        let mut all = self.spanned.iter();
        let (key, value) = all.find(|(key, _)| key.get_ref() == name)?;
        Some(Entry {
            name,
            span: key.span(),
            lines: self.lines,
            spanned: value.get_ref(),
            value: self.values.get(name)?,
        })
    }

    /// Returns a field that every table has.
    pub(super) fn required(&self, name: &'static str) -> Result<Entry<'a>, LessonError> {
        self.entry(name).ok_or_else(|| {
            let error = Box::new(LessonError::Missing(name));
            match self.line {
                Some(line) => LessonError::Line { line, error },
                None => *error,
            }
        })
    }

    /// Adds the line of a field to an error.
    pub(super) fn located(&self, name: &'static str, error: LessonError) -> LessonError {
        match self.entry(name) {
            Some(entry) => located(self.lines, Some(entry.span), error),
            None => error,
        }
    }
}

impl<'a> Entry<'a> {
    /// Returns the error that the value is not the expected one.
    pub(super) fn refused(&self, expected: impl Into<String>) -> LessonError {
        let error = LessonError::Value {
            field: self.name,
            expected: expected.into(),
            value: shortened(&self.value.to_string()),
        };
        located(self.lines, Some(self.span.clone()), error)
    }

    /// Returns the text in which the value stands.
    pub(super) fn lines(&self) -> TomlLines<'a> {
        self.lines
    }

    /// Returns the value as a string as it is written.
    pub(super) fn string(&self) -> Option<&'a str> {
        self.value.as_str()
    }

    /// Returns the value as a table, with the places of its fields.
    pub(super) fn table(&self) -> Option<(&'a DeTable<'a>, &'a toml::Table)> {
        match (self.spanned, self.value) {
            (DeValue::Table(spanned), toml::Value::Table(values)) => Some((spanned, values)),
            _ => None,
        }
    }

    /// Returns the values of an array, each as an entry of the same name.
    pub(super) fn elements(&self) -> Option<Vec<Self>> {
        let (DeValue::Array(spanned), toml::Value::Array(values)) = (self.spanned, self.value)
        else {
            return None;
        };
        let element = |(spanned, value): (&'a toml::Spanned<DeValue<'a>>, &'a toml::Value)| Self {
            name: self.name,
            span: spanned.span(),
            lines: self.lines,
            spanned: spanned.get_ref(),
            value,
        };
        Some(spanned.iter().zip(values).map(element).collect())
    }

    /// Returns the tables of an array `[[name]]`.
    pub(super) fn tables(
        &self,
        count: RangeInclusive<usize>,
    ) -> Result<Vec<Table<'a>>, LessonError> {
        let (least, most) = (count.start(), count.end());
        let expected = || {
            let name = self.name;
            self.refused(format!("{least} to {most} tables [[{name}]]"))
        };
        let elements = self.elements().ok_or_else(expected)?;
        let table = |entry: &Self| {
            let (spanned, values) = entry.table()?;
            Some(Table {
                line: self.lines.line_of(Some(entry.span.clone())),
                ..Table::new(self.lines, spanned, values)
            })
        };
        let tables: Option<Vec<_>> = elements.iter().map(table).collect();
        tables
            .filter(|tables| count.contains(&tables.len()))
            .ok_or_else(expected)
    }

    /// Reads a text for display: paragraphs, separated by an empty line, whose line breaks do not
    /// count.
    pub(super) fn text(&self, most: usize) -> Result<String, LessonError> {
        let expected = || self.refused(format!("a text of 1 to {most} visible characters"));
        let text = self.string().ok_or_else(expected)?;
        let paragraphs: Vec<String> = text
            .split("\n\n")
            .map(|part| part.split_whitespace().collect::<Vec<_>>().join(" "))
            .filter(|part| !part.is_empty())
            .collect();
        let text = paragraphs.join("\n\n");
        let is_harmful = |c: char| (c.is_control() && c != '\n') || is_hidden(c);
        if text.is_empty() || text.chars().count() > most || text.contains(is_harmful) {
            return Err(expected());
        }
        Ok(text)
    }

    /// Reads one of several names.
    pub(super) fn choice<T: Copy>(&self, all: &[(&'static str, T)]) -> Result<T, LessonError> {
        let found = all.iter().find(|one| self.string() == Some(one.0));
        found.map(|one| one.1).ok_or_else(|| {
            let names: Vec<String> = all.iter().map(|one| format!("{:?}", one.0)).collect();
            self.refused(format!("one of {}", names.join(", ")))
        })
    }

    /// Reads a number, whole or with a fraction.
    pub(super) fn number(&self, range: RangeInclusive<f64>) -> Result<f64, LessonError> {
        let number = match self.value {
            toml::Value::Integer(whole) => Some(*whole as f64),
            toml::Value::Float(number) => Some(*number),
            _ => None,
        };
        let (least, most) = (range.start(), range.end());
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| self.refused(format!("a number from {least} to {most}")))
    }

    /// Reads a whole number.
    pub(super) fn count(&self, range: RangeInclusive<u64>) -> Result<u64, LessonError> {
        let number = self.value.as_integer().and_then(|n| u64::try_from(n).ok());
        let (least, most) = (range.start(), range.end());
        number
            .filter(|number| range.contains(number))
            .ok_or_else(|| self.refused(format!("a whole number from {least} to {most}")))
    }

    /// Reads a size: a number of bytes, or a string with a unit.
    pub(super) fn size(&self, range: RangeInclusive<u64>) -> Result<u64, LessonError> {
        let bytes = match self.value {
            toml::Value::Integer(whole) => u64::try_from(*whole).ok(),
            toml::Value::String(text) => size::parse(text).ok(),
            _ => None,
        };
        let (least, most) = (size::si(*range.start()), size::si(*range.end()));
        bytes
            .filter(|bytes| range.contains(bytes))
            .ok_or_else(|| self.refused(format!("a size from {least} to {most}, such as \"5MB\"")))
    }
}

/// Returns the start of a text, for an error.
fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(MAX_SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}
