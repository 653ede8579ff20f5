//! Parses the head of an HTTP request.

use std::io::{self, BufRead};

/// The head of one request.
#[derive(Debug, Clone, Default)]
pub struct Request {
    pub method: String,
    pub path: String,
    /// First byte and, if given, last byte of a single range.
    pub range: Option<(u64, Option<u64>)>,
    /// Every header field, with the name in lower case.
    pub fields: Vec<(String, String)>,
    /// The lines of the fields as they were sent.
    pub lines: String,
}

impl Request {
    /// Reads one head; returns `None` when the client has closed the connection.
    pub fn read(from: &mut impl BufRead) -> io::Result<Option<Self>> {
        let mut line = String::new();
        if from.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let mut request = Self {
            method: words.next().unwrap_or_default(),
            path: words.next().unwrap_or_default(),
            ..Self::default()
        };
        loop {
            line.clear();
            from.read_line(&mut line)?;
            request.lines.push_str(&line);
            let Some((name, value)) = line.trim_end().split_once(':') else {
                break;
            };
            let field = (name.to_ascii_lowercase(), value.trim().to_owned());
            request.fields.push(field);
        }
        request.range = request.field("range").and_then(parse_range);
        Ok(Some(request))
    }

    /// Returns the value of a field; `name` must be lower case.
    pub fn field(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|field| field.0 == name)?;
        Some(&field.1)
    }
}

fn parse_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let last = match last {
        "" => None,
        last => Some(last.parse().ok()?),
    };
    Some((first.parse().ok()?, last))
}
