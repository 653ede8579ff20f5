//! Reads a profile from TOML, field by field and not with serde's derive, whose message for a wrong
//! type names neither range nor unit.

use super::{
    Congestion, FIELDS, Field, LinkProfile, MAX_STEPS, ProfileError, ProfileStep, QueueDiscipline,
    STEP_FIELDS,
};
use crate::link::trace::Trace;
use crate::toml_lines::TomlLines as Lines;
use std::io;
use std::ops::Range;
use toml::de::{DeTable, DeValue};

/// Maximum length of a profile, in bytes. A server parses profiles of untrusted clients.
const MAX_LEN: usize = 16 * 1024;

impl LinkProfile {
    /// Parses and validates a profile.
    ///
    /// # Errors
    /// [`ProfileError`] when the text is not TOML, or a field is unknown, has the wrong type or is
    /// out of range. In a text of several lines the error of a value is
    /// [`ProfileError::Line`].
    ///
    /// # Examples
    /// ```
    /// use lanes_shared::link::LinkProfile;
    ///
    /// let profile = LinkProfile::from_toml("rate_mbit = 50\nrtt_ms = 40")?;
    /// assert_eq!(profile.rtt_ms, Some(40.0));
    /// let error = LinkProfile::from_toml("rtt_ms = -1").unwrap_err();
    /// assert_eq!(error.to_string(), "rtt_ms must be 0 to 5000 ms, not -1");
    /// let error = LinkProfile::from_toml("rate_mbit = 50\nrtt_ms = -1").unwrap_err();
    /// assert_eq!(error.to_string(), "line 2: rtt_ms must be 0 to 5000 ms, not -1");
    /// # Ok::<(), lanes_shared::link::ProfileError>(())
    /// ```
    pub fn from_toml(text: &str) -> Result<Self, ProfileError> {
        Self::from_toml_reading(text, &|_| Err(io::ErrorKind::NotFound.into()))
    }

    /// Like [`Self::from_toml`], and reads the file of a trace by `read`.
    ///
    /// # Errors
    /// As [`Self::from_toml`], and errors of `read`.
    pub fn from_toml_reading(text: &str, read: ReadFile<'_>) -> Result<Self, ProfileError> {
        if text.len() > MAX_LEN {
            return Err(ProfileError::TooLong(text.len()));
        }
        let lines = Lines::new(text);
        let table = DeTable::parse(text).map_err(|error| {
            let syntax = ProfileError::Syntax(error.message().to_owned());
            lines.locate(error.span(), syntax)
        })?;
        let values: toml::Table = text
            .parse()
            .map_err(|error: toml::de::Error| ProfileError::Syntax(error.message().to_owned()))?;
        Self::default().overridden(table.get_ref(), &values, lines, read)
    }

    /// Returns the profile with the fields of a table in place of its own. `spanned` has the same
    /// fields as `values`, with their places in the text of `lines`.
    ///
    /// # Errors
    /// As [`Self::from_toml`].
    pub(crate) fn overridden(
        mut self,
        spanned: &DeTable<'_>,
        values: &toml::Table,
        lines: Lines<'_>,
        read: ReadFile<'_>,
    ) -> Result<Self, ProfileError> {
        for (key, value) in spanned {
            let name = key.get_ref().as_ref();
            let Some(given) = values.get(name) else {
                continue;
            };
            if name == "step" {
                self.put_steps(given, value.get_ref(), value.span(), lines)?;
            } else {
                let put = match name {
                    "trace" => trace(given, read).map(|trace| self.trace = Some(trace)),
                    _ => self.put(name, given),
                };
                put.map_err(|error| lines.locate(Some(key.span()), error))?;
            }
        }
        self.check_ranges().map_err(|error| {
            let name = match error {
                ProfileError::StepPeriod { .. } => "step_period_s",
                ProfileError::TraceWithRate => "trace",
                _ => "step",
            };
            let found = spanned.iter().find(|(key, _)| key.get_ref() == name);
            lines.locate(found.map(|(key, _)| key.span()), error)
        })?;
        Ok(self)
    }

    fn put(&mut self, key: &str, value: &toml::Value) -> Result<(), ProfileError> {
        match key {
            "congestion" => self.congestion = Some(choice("congestion", value, &Congestion::ALL)?),
            "background_congestion" => {
                let kind = choice("background_congestion", value, &Congestion::ALL)?;
                self.background_congestion = Some(kind);
            }
            "queue" => self.queue = Some(choice("queue", value, &QueueDiscipline::ALL)?),
            _ => {
                let field = *FIELDS
                    .iter()
                    .find(|field| field.name == key)
                    .ok_or_else(|| ProfileError::Unknown(key.to_owned()))?;
                self.set_number(key, number(field, value)?);
            }
        }
        Ok(())
    }

    /// Reads the tables `[[step]]`; `spanned` has their places in the text, and `span` is that of
    /// all of them.
    fn put_steps(
        &mut self,
        steps: &toml::Value,
        spanned: &DeValue<'_>,
        span: Range<usize>,
        lines: Lines<'_>,
    ) -> Result<(), ProfileError> {
        let (toml::Value::Array(steps), DeValue::Array(places)) = (steps, spanned) else {
            return Err(lines.locate(Some(span), ProfileError::NotTables));
        };
        self.step.clear();
        if steps.len() > MAX_STEPS {
            return Err(lines.locate(Some(span), ProfileError::TooManySteps(steps.len())));
        }
        for (step, place) in steps.iter().zip(places.iter()) {
            let DeValue::Table(keys) = place.get_ref() else {
                return Err(lines.locate(Some(place.span()), ProfileError::NotTables));
            };
            let mut read = [None; STEP_FIELDS.len()];
            for (key, _) in keys {
                let name = key.get_ref().as_ref();
                let at = |error| lines.locate(Some(key.span()), error);
                let index = STEP_FIELDS.iter().position(|field| field.name == name);
                let (Some(index), Some(value)) = (index, step.get(name)) else {
                    return Err(at(ProfileError::UnknownInStep(name.to_owned())));
                };
                read[index] = Some(number(STEP_FIELDS[index], value).map_err(at)?);
            }
            let at = |error| lines.locate(Some(place.span()), error);
            let [Some(at_s), Some(rate_mbit)] = read else {
                return Err(at(ProfileError::IncompleteStep));
            };
            if self.step.last().is_some_and(|last| at_s <= last.at_s) {
                return Err(at(ProfileError::StepOrder(at_s)));
            }
            self.step.push(ProfileStep { at_s, rate_mbit });
        }
        Ok(())
    }
}

impl Lines<'_> {
    /// Adds the line to an error, unless the text has only one.
    fn locate(self, span: Option<Range<usize>>, error: ProfileError) -> ProfileError {
        let Some(line) = self.line_of(span) else {
            return error;
        };
        ProfileError::Line {
            line,
            error: Box::new(error),
        }
    }
}

/// Reads a file of the user; the name is as written in the profile.
pub type ReadFile<'a> = &'a dyn Fn(&str) -> io::Result<String>;

/// Reads a trace of the program or of a file.
fn trace(value: &toml::Value, read: ReadFile<'_>) -> Result<Trace, ProfileError> {
    let Some(name) = value.as_str() else {
        return Err(ProfileError::UnknownTrace(value.to_string()));
    };
    if let Some(trace) = Trace::builtin(name) {
        return Ok(trace);
    }
    let text = read(name).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => ProfileError::UnknownTrace(name.to_owned()),
        kind => ProfileError::ReadTrace(name.to_owned(), kind),
    })?;
    Trace::parse(name, &text).map_err(|error| ProfileError::Trace(name.to_owned(), error))
}

/// Parses a number in the range of its field.
fn number(field: Field, value: &toml::Value) -> Result<f64, ProfileError> {
    let number = match value {
        toml::Value::Integer(whole) => *whole as f64,
        toml::Value::Float(number) if !field.whole => *number,
        other => {
            let value = other.to_string();
            return Err(ProfileError::Type { field, value });
        }
    };
    if !(field.min..=field.max).contains(&number) {
        let value = value.to_string();
        return Err(ProfileError::Range { field, value });
    }
    Ok(number)
}

/// Parses one of several names.
fn choice<T: Copy>(
    field: &'static str,
    value: &toml::Value,
    all: &[(&'static str, T)],
) -> Result<T, ProfileError> {
    if let Some(chosen) = all.iter().find(|one| value.as_str() == Some(one.0)) {
        return Ok(chosen.1);
    }
    let names: Vec<_> = all.iter().map(|one| format!("{:?}", one.0)).collect();
    let (last, others) = names
        .split_last()
        .map_or(("", &[][..]), |(last, others)| (last.as_str(), others));
    Err(ProfileError::Choice {
        field,
        choices: format!("{} or {last}", others.join(", ")),
        value: value.to_string(),
    })
}
