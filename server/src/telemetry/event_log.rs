//! The event log of a server: its most recent lines, which also go to `tracing`.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::SystemTime;

use lanes_shared::visible_text::is_hidden;

use crate::sync::lock;

/// Number of lines that are kept.
const MAX_LINES: usize = 500;
/// Maximum length of a line in bytes. Lines contain text of clients, which may be long.
const MAX_LINE_LEN: usize = 400;

/// One line of the event log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Number of the line, counted from 1 since the start, including lines no longer kept.
    pub number: u64,
    /// Time of the event.
    pub at: SystemTime,
    /// Severity of the event.
    pub level: LogLevel,
    /// Description of the event, at most 400 bytes long.
    pub message: String,
}

/// The severity of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogLevel {
    /// Normal operation.
    Info,
    /// A client was refused or its connection aborted.
    Notice,
    /// The server lacks a resource.
    Warning,
}

/// The most recent events of a server.
#[derive(Default)]
pub(crate) struct EventLog {
    lines: Mutex<Lines>,
}

#[derive(Default)]
struct Lines {
    kept: VecDeque<LogLine>,
    last_number: u64,
}

impl EventLog {
    /// Logs normal operation.
    pub fn info(&self, message: &str) {
        let message = escaped(message);
        tracing::info!("{message}");
        self.push(LogLevel::Info, message);
    }

    /// Logs a client that was refused or whose connection was aborted.
    pub fn notice(&self, message: &str) {
        let message = escaped(message);
        tracing::info!("{message}");
        self.push(LogLevel::Notice, message);
    }

    /// Logs that the server lacks a resource.
    pub fn warn(&self, message: &str) {
        let message = escaped(message);
        tracing::warn!("{message}");
        self.push(LogLevel::Warning, message);
    }

    fn push(&self, level: LogLevel, message: String) {
        let mut lines = lock(&self.lines);
        lines.last_number += 1;
        let number = lines.last_number;
        if lines.kept.len() == MAX_LINES {
            lines.kept.pop_front();
        }
        lines.kept.push_back(LogLine {
            number,
            at: SystemTime::now(),
            level,
            message,
        });
    }

    /// Returns the kept lines with a number above `after`, the oldest first.
    pub fn after(&self, after: u64) -> Vec<LogLine> {
        let lines = lock(&self.lines);
        let new = lines.kept.iter().filter(|line| line.number > after);
        new.cloned().collect()
    }
}

/// Returns a message as one line of visible text. Text of clients could otherwise begin a line of
/// its own, or reorder a line on display. Cut to [`MAX_LINE_LEN`] bytes.
pub(crate) fn escaped(message: &str) -> String {
    let mut line = String::new();
    for char in message.chars() {
        let len = line.len();
        if char.is_control() || is_hidden(char) || char == '\\' {
            line.extend(char.escape_debug());
            if line.len() == len + char.len_utf8() && char != '\\' {
                line.truncate(len);
                line.extend(char.escape_unicode());
            }
        } else {
            line.push(char);
        }
        if line.len() > MAX_LINE_LEN {
            line.truncate(len);
            break;
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_clients_stays_on_its_line() {
        let forged = "a\r\nb\u{1b}[1mc\u{202e}d\u{2028}e\u{200b}f\u{e0041}g\u{85}h";
        assert_eq!(
            escaped(forged),
            "a\\r\\nb\\u{1b}[1mc\\u{202e}d\\u{2028}e\\u{200b}f\\u{e0041}g\\u{85}h"
        );
        assert_eq!(
            escaped("\u{34f}\u{1160}\u{3164}\u{fe0f}\u{e0100}"),
            "\\u{34f}\\u{1160}\\u{3164}\\u{fe0f}\\u{e0100}"
        );
        assert_eq!(escaped("Übung 'x' \"y\" 日本"), "Übung 'x' \"y\" 日本");
        assert_eq!(escaped("a\\n"), "a\\\\n");
        for wide in ["ä", "\n", "\u{e0041}", "\\"] {
            let line = escaped(&wide.repeat(MAX_LINE_LEN));
            assert!((MAX_LINE_LEN - 10..=MAX_LINE_LEN).contains(&line.len()));
        }
    }

    #[test]
    fn the_last_lines_are_kept_and_numbered() {
        let log = EventLog::default();
        for i in 1..=MAX_LINES + 10 {
            log.info(&format!("line {i}"));
        }
        let all = log.after(0);
        assert_eq!(all.len(), MAX_LINES);
        assert_eq!((all[0].number, all[0].message.as_str()), (11, "line 11"));
        let last = log.after(MAX_LINES as u64 + 9);
        assert_eq!(last.len(), 1);
        assert_eq!(last[0].message, format!("line {}", MAX_LINES + 10));
        log.warn(&"ä".repeat(MAX_LINE_LEN));
        let long = log.after(last[0].number);
        assert!(
            long[0].message.len() <= MAX_LINE_LEN,
            "not cut at a character"
        );
        assert_eq!(long[0].level, LogLevel::Warning);
    }
}
