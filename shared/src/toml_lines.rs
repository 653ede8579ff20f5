//! Lines of a TOML text, to say where a value is wrong.

use std::ops::Range;

/// A TOML text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TomlLines<'a>(&'a str);

impl<'a> TomlLines<'a> {
    /// Takes a text whose places are looked up.
    pub(crate) fn new(text: &'a str) -> Self {
        Self(text)
    }

    /// Returns the number of the line, from one, in which a span begins; `None` in a text of one line.
    pub(crate) fn line_of(self, span: Option<Range<usize>>) -> Option<usize> {
        let before = self.0.get(..span?.start)?;
        let has_lines = self.0.trim_end().contains('\n');
        has_lines.then(|| 1 + before.matches('\n').count())
    }
}
