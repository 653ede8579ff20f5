//! `lanes list`: the files of a server.

use clap::Args;
use lanes_shared::catalog::{Entry, MAX_FILES};
use lanes_shared::size;
use serde::Serialize;

use super::failure::Failure;
use super::table::{Align, table};
use super::terminal;
use crate::date;
use lanes_engine::{ServerName, Source, one_line};

/// Arguments of `lanes list`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lanes list lanes://127.0.0.1:5115
  lanes list lanes://127.0.0.1:5115 --json")]
pub struct ListArgs {
    /// Server: lanes://HOST:PORT
    #[arg(value_name = "SERVER")]
    server: ServerName,
    /// Print a JSON array instead of a table
    #[arg(long)]
    json: bool,
}

/// Prints the files of a server.
pub(super) fn run(args: &ListArgs) -> Result<(), Failure> {
    let entries = lanes_engine::list_server_files(&args.server).map_err(Failure::failed)?;
    if args.json {
        let files: Vec<Listed<'_>> = entries
            .iter()
            .map(|entry| Listed::new(entry, &args.server))
            .collect();
        let json = serde_json::to_string_pretty(&files).map_err(Failure::failed)?;
        terminal::print_json(&json)?;
    } else {
        terminal::print(&file_table(&entries))?;
    }
    if let Some(note) = note_on_limit(entries.len()) {
        terminal::print_error(&note);
    }
    Ok(())
}

/// Returns the note about a list that is as long as a server makes it.
fn note_on_limit(count: usize) -> Option<String> {
    (count >= MAX_FILES).then(|| {
        format!("note: a server lists at most {MAX_FILES} files of its folder; it may have more")
    })
}

/// The JSON of a file.
#[derive(Serialize)]
struct Listed<'a> {
    name: &'a str,
    url: String,
    bytes: u64,
    /// `None` if the modification time is unknown.
    modified: Option<String>,
}

impl<'a> Listed<'a> {
    fn new(entry: &'a Entry, server: &ServerName) -> Self {
        let source = Source::Lanes {
            server: server.clone(),
            name: entry.name.clone(),
        };
        Self {
            name: &entry.name,
            url: source.to_string(),
            bytes: entry.len,
            modified: (entry.modified_secs != 0).then(|| date::rfc3339(entry.modified_secs)),
        }
    }
}

fn file_table(entries: &[Entry]) -> String {
    let row = |entry: &Entry| {
        let modified = match entry.modified_secs {
            0 => "–".to_owned(),
            secs => date::readable(secs),
        };
        // A line feed in a name must not look like a second file.
        let name = one_line(&entry.name).into_owned();
        [name, size::si(entry.len), modified]
    };
    let columns = [
        ("name", Align::Left),
        ("size", Align::Right),
        ("modified", Align::Left),
    ];
    table(columns, &entries.iter().map(row).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_at_the_limit_has_a_note() {
        assert_eq!(note_on_limit(MAX_FILES - 1), None);
        assert!(note_on_limit(MAX_FILES).unwrap().contains("10000 files"));
        assert!(note_on_limit(MAX_FILES + 5).is_some());
    }

    #[test]
    fn each_file_has_one_line() {
        let entry = |name: &str, modified_secs| Entry {
            name: name.to_owned(),
            len: 5_040_000,
            modified_secs,
        };
        assert_eq!(
            file_table(&[entry("Data.jpg", 0), entry("a\nb", 86_400)]),
            "name         size  modified\n\
             Data.jpg  5.04 MB  –\n\
             a\u{FFFD}b       5.04 MB  1970-01-02 00:00 UTC"
        );
        assert!(file_table(&[entry("a\u{202e}b", 0)]).contains("a\u{FFFD}b"));
    }
}
