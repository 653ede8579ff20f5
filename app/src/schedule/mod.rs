//! Times of the day and of the week, for the queue and for single downloads. Nothing here reads a clock.

mod command_line;
mod days;
mod hours;
mod start_time;

pub(crate) use command_line::{CommandLine, Finished};
pub(crate) use days::Days;
pub(crate) use hours::{Hours, Moment, parse_minute, shown_minute};
pub(crate) use start_time::parse as parse_start;
