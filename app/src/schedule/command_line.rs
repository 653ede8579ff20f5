//! The command that runs after a download. No shell reads it, so that names of files are never commands.

use std::ffi::OsString;
use std::path::Path;

/// A download that has finished.
#[derive(Debug)]
pub(crate) struct Finished<'a> {
    /// Path of the file.
    pub path: &'a Path,
    /// The link, without secrets.
    pub url: &'a str,
    /// Length of the file in bytes.
    pub bytes: u64,
}

/// Reason why a command cannot be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CommandLineError {
    /// Quotes do not match.
    #[error("a quote in the command is not closed")]
    Quote,
    /// The program's name has a placeholder.
    #[error("the program is named first, without {{path}} or {{url}}")]
    Program,
}

/// A program and its arguments, in which `{path}`, `{url}` and `{bytes}` are replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommandLine {
    program: String,
    args: Vec<String>,
}

impl CommandLine {
    /// Parses a command, with the quotes of a shell; `None` for an empty one.
    ///
    /// # Errors
    /// See [`CommandLineError`].
    pub(crate) fn parse(text: &str) -> Result<Option<Self>, CommandLineError> {
        // A backslash separates folders on Windows.
        let text = match cfg!(windows) {
            true => text.replace('\\', "\\\\"),
            false => text.to_owned(),
        };
        let words = shell_words::split(&text).map_err(|_| CommandLineError::Quote)?;
        let mut words = words.into_iter();
        let Some(program) = words.next() else {
            return Ok(None);
        };
        if program.contains(['{', '}']) || program.is_empty() {
            return Err(CommandLineError::Program);
        }
        let args = words.collect();
        Ok(Some(Self { program, args }))
    }

    /// Returns the program and its arguments for a download.
    pub(crate) fn of(&self, finished: &Finished<'_>) -> (&str, Vec<OsString>) {
        let args = self.args.iter().map(|arg| replaced(arg, finished));
        (&self.program, args.collect())
    }
}

/// Replaces the placeholders of one argument. What is put in is not searched again.
fn replaced(arg: &str, finished: &Finished<'_>) -> OsString {
    let mut out = OsString::new();
    let mut rest = arg;
    while let Some(at) = rest.find('{') {
        out.push(&rest[..at]);
        rest = &rest[at..];
        let names = ["{path}", "{url}", "{bytes}"];
        let Some(name) = names.into_iter().find(|name| rest.starts_with(name)) else {
            out.push("{");
            rest = &rest[1..];
            continue;
        };
        match name {
            "{path}" => out.push(finished.path),
            "{url}" => out.push(finished.url),
            _ => out.push(finished.bytes.to_string()),
        }
        rest = &rest[name.len()..];
    }
    out.push(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_arguments_and_never_commands() {
        let finished = Finished {
            path: Path::new("/d/a b; rm -rf {url} $(x).bin"),
            url: "https://h/{bytes}",
            bytes: 7,
        };
        let line = CommandLine::parse("notify -t 'Done: {path}' {url} size={bytes}{x} \"{\"");
        let line = line.unwrap().unwrap();
        let (program, args) = line.of(&finished);
        assert_eq!(program, "notify");
        let expected = [
            "-t",
            "Done: /d/a b; rm -rf {url} $(x).bin",
            "https://h/{bytes}",
            "size=7{x}",
            "{",
        ];
        assert_eq!(args, expected.map(OsString::from));
        assert_eq!(CommandLine::parse("  "), Ok(None));
        assert_eq!(CommandLine::parse("a 'b"), Err(CommandLineError::Quote));
        assert_eq!(
            CommandLine::parse("{path} x"),
            Err(CommandLineError::Program)
        );
    }
}
