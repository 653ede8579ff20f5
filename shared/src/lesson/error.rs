//! Errors of a lesson.

use super::MAX_LEN;
use crate::link::ProfileError;

/// Reason why a text is no lesson.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LessonError {
    /// The text is longer than any lesson.
    #[error("lesson too long: {0} bytes, at most {MAX_LEN}")]
    TooLong(usize),
    /// The text is not TOML.
    #[error("invalid TOML in the lesson: {0}")]
    Syntax(String),
    /// A field is unknown.
    #[error("unknown field `{field}`; known fields: {known}")]
    Unknown {
        /// Given name.
        field: String,
        /// The names that are known here.
        known: String,
    },
    /// A field is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A value has the wrong type, is out of range, or names something that the lesson has not.
    #[error("{field} must be {expected}, not {value}")]
    Value {
        /// Name of the field.
        field: &'static str,
        /// Accepted values.
        expected: String,
        /// Given value.
        value: String,
    },
    /// The link profile is invalid.
    #[error("link: {0}")]
    Link(ProfileError),
    /// The link profile emulates nothing.
    #[error("link must limit something: give rate_mbit, rtt_ms or another limit")]
    OpenLink,
    /// The experiment takes too long to simulate.
    #[error(
        "size × values × runs × curves must be at most {} MB together, not {megabytes} MB: choose a smaller size or fewer runs",
        super::parse::MAX_TOTAL / 1_000_000
    )]
    TooMuch {
        /// File bytes of all simulated runs, in MB.
        megabytes: u64,
    },
    /// An error with its line.
    #[error("line {line}: {error}")]
    Line {
        /// Number of the line, from one.
        line: usize,
        /// The error.
        error: Box<LessonError>,
    },
}
