//! The fields of a head, by name. Names know no case; a field that comes several times is a list.

/// The fields of one head.
pub(crate) struct Fields<'a> {
    all: &'a [httparse::Header<'a>],
}

impl<'a> Fields<'a> {
    pub fn new(all: &'a [httparse::Header<'a>]) -> Self {
        Self { all }
    }

    /// The values of a field, one a line, in order. Bytes that are not UTF-8 are not kept: none of
    /// the fields that are read here may have them.
    pub fn lines(&self, name: &str) -> impl Iterator<Item = String> {
        let of_name = self
            .all
            .iter()
            .filter(move |field| field.name.eq_ignore_ascii_case(name));
        of_name.map(|field| String::from_utf8_lossy(field.value).trim().to_owned())
    }

    /// The value of a field, its lines joined to a list; `None` when it is not there.
    pub fn value(&self, name: &str) -> Option<String> {
        let mut lines = self.lines(name);
        let first = lines.next()?;
        Some(lines.fold(first, |list, next| format!("{list}, {next}")))
    }

    /// The elements of a list, in small letters.
    pub fn list(&self, name: &str) -> Vec<String> {
        let value = self.value(name).unwrap_or_default();
        let elements = value
            .split(',')
            .map(|element| element.trim().to_ascii_lowercase());
        elements.filter(|element| !element.is_empty()).collect()
    }
}
