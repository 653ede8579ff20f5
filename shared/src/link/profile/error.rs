//! Errors of a link profile.

use super::super::trace::{BUILTIN, TraceError};
use super::{CHOICES, FIELDS, Field};

/// Error for an invalid profile.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ProfileError {
    /// A number is out of range, NaN or infinite.
    #[error("{field} must be {min} to {max} {unit}, not {value}", field = .field.name, unit = .field.unit, min = .field.min, max = .field.max)]
    Range {
        /// Field and its range.
        field: Field,
        /// Given value.
        value: String,
    },
    /// A value is not a number, or a count has a fraction.
    #[error("{field} must be {kind} from {min} to {max} ({unit}, written without the unit), not {value}", kind = if .field.whole { "a whole number" } else { "a number" }, field = .field.name, unit = .field.unit, min = .field.min, max = .field.max)]
    Type {
        /// Field and its range.
        field: Field,
        /// Given value.
        value: String,
    },
    /// The name is none of those that the field takes.
    #[error("{field} must be {choices}, not {value}")]
    Choice {
        /// Name in TOML.
        field: &'static str,
        /// The names that it takes.
        choices: String,
        /// Given value.
        value: String,
    },
    /// `step` is not an array of tables.
    #[error("step must be tables [[step]] with at_s and rate_mbit")]
    NotTables,
    /// A step has a field that steps do not have.
    #[error("unknown field `{0}` of a step; it has at_s and rate_mbit")]
    UnknownInStep(String),
    /// A step lacks a field.
    #[error("a step needs at_s and rate_mbit")]
    IncompleteStep,
    /// There are more steps than allowed.
    #[error("step must occur at most {max} times, not {0}", max = super::MAX_STEPS)]
    TooManySteps(usize),
    /// There are steps but no rate before the first.
    #[error("step needs rate_mbit, the rate before the first step")]
    StepWithoutRate,
    /// A step is not later than the one before it.
    #[error("at_s of each step must be later than that of the step before it, not {0}")]
    StepOrder(f64),
    /// The steps repeat before the last of them.
    #[error("step_period_s must be later than the last step at {last} s, not {period}")]
    StepPeriod {
        /// Given period, in seconds.
        period: f64,
        /// Time of the last step, in seconds.
        last: f64,
    },
    /// The link never carries anything again.
    #[error(
        "rate_mbit of the last step, at {0} s, must be above 0, or step_period_s must be given: the outage has no end"
    )]
    EndlessOutage(f64),
    /// The trace is none of the program's, and no file that can be read here.
    #[error(
        "trace must be {names}, or a file beside the profile, which a server reads only for its own --link, not {0:?}",
        names = BUILTIN.map(|name| format!("{name:?}")).join(", ")
    )]
    UnknownTrace(String),
    /// The file of the trace cannot be read.
    #[error("trace: cannot read {0}: {1}")]
    ReadTrace(String, std::io::ErrorKind),
    /// The file contains no trace.
    #[error("trace: {0}: {1}")]
    Trace(String, TraceError),
    /// There are a trace and a rate.
    #[error("trace takes the place of rate_mbit and step: leave these out")]
    TraceWithRate,
    /// A value of a text with several lines is invalid.
    #[error("line {line}: {error}")]
    Line {
        /// Number of the line, from one.
        line: usize,
        /// Error of the value.
        error: Box<ProfileError>,
    },
    /// The field is unknown.
    #[error("unknown link profile field `{0}`; known fields: {names}", names = names())]
    Unknown(String),
    /// The text is not TOML.
    #[error("invalid TOML in the link profile: {0}")]
    Syntax(String),
    /// The text is longer than any valid profile.
    #[error("link profile too long: {0} bytes, at most 16384")]
    TooLong(usize),
}

fn names() -> String {
    let mut names: Vec<_> = FIELDS.iter().map(|field| field.name).collect();
    names.extend(CHOICES);
    names.extend(["trace", "step"]);
    names.join(", ")
}
