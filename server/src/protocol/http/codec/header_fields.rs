//! Access to header fields by name (RFC 9110, section 5). Names are case-insensitive, and several
//! lines of a field form a list.

/// The header fields of a request.
pub(super) struct HeaderFields<'a> {
    all: &'a [httparse::Header<'a>],
}

impl<'a> HeaderFields<'a> {
    pub fn new(all: &'a [httparse::Header<'a>]) -> Self {
        Self { all }
    }

    /// Returns the values of a field, one per line, in order. Bytes that are not UTF-8 are
    /// replaced: no field that the server reads may contain them.
    pub fn lines(&self, name: &str) -> impl Iterator<Item = String> {
        let matching = self
            .all
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name));
        matching.map(|field| String::from_utf8_lossy(field.value).trim().to_owned())
    }

    /// Returns the value of a field, with its lines joined to a list; `None` if it is absent.
    pub fn value(&self, name: &str) -> Option<String> {
        let mut lines = self.lines(name);
        let first = lines.next()?;
        Some(lines.fold(first, |list, next| format!("{list}, {next}")))
    }

    /// Returns the elements of a list in lower case.
    pub fn list(&self, name: &str) -> Vec<String> {
        let value = self.value(name).unwrap_or_default();
        let elements = value
            .split(',')
            .map(|element| element.trim().to_ascii_lowercase());
        elements.filter(|element| !element.is_empty()).collect()
    }
}
