//! Reads HTTP requests from a socket, within limits.

use std::io::{self, Read};
use std::time::{Duration, Instant};

/// Longest head of a request, in bytes.
const MAX_HEAD: usize = 64 << 10;
/// Longest body of a request, in bytes.
pub(crate) const MAX_BODY: usize = 4 << 20;
/// Most header fields.
const MAX_FIELDS: usize = 100;
/// Longest time for the head of a request, from its first byte, and for the body.
const MAX_TIME: Duration = Duration::from_secs(60);

/// Reason why a request cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    /// The connection failed or is idle.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is not HTTP/1.
    #[error("invalid HTTP request")]
    Syntax,
    /// The head is too long.
    #[error("the head of the request is longer than {} KiB", MAX_HEAD >> 10)]
    HeadTooLong,
    /// The body is too long.
    #[error("the body of the request is longer than {} MiB", MAX_BODY >> 20)]
    BodyTooLong,
    /// The body has no length.
    #[error("the request needs a Content-Length")]
    NoLength,
    /// The client is too slow.
    #[error("the request was not complete in time")]
    Slow,
}

impl ReadError {
    /// Returns the HTTP status that answers it; `None` if the connection is gone.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Self::Io(_) => None,
            Self::Syntax => Some(400),
            Self::HeadTooLong => Some(431),
            Self::BodyTooLong => Some(413),
            Self::NoLength => Some(411),
            Self::Slow => Some(408),
        }
    }
}

/// The head of a request.
#[derive(Debug, Default)]
pub(crate) struct Head {
    pub method: String,
    /// Path and query.
    pub target: String,
    fields: Vec<(String, String)>,
    is_http_1_0: bool,
}

impl Head {
    /// Returns the value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let found = fields.find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }

    /// Returns whether a field that lists words has this word.
    pub(crate) fn has_word(&self, name: &str, word: &str) -> bool {
        let value = self.field(name).unwrap_or_default();
        value
            .split(',')
            .any(|part| part.trim().eq_ignore_ascii_case(word))
    }

    /// Returns whether the client may send another request over the connection.
    pub(crate) fn keeps_alive(&self) -> bool {
        match self.is_http_1_0 {
            true => self.has_word("Connection", "keep-alive"),
            false => !self.has_word("Connection", "close"),
        }
    }

    /// Returns the path without the query.
    pub(crate) fn path(&self) -> &str {
        self.target.split(['?', '#']).next().unwrap_or_default()
    }

    /// Returns the length of the body.
    ///
    /// # Errors
    /// It is not given, invalid or too long.
    fn body_len(&self) -> Result<usize, ReadError> {
        if self.field("Transfer-Encoding").is_some() {
            return Err(ReadError::NoLength);
        }
        match self.field("Content-Length") {
            None => Ok(0),
            Some(text) => match text.parse::<u64>() {
                Ok(len) if len <= MAX_BODY as u64 => Ok(len as usize),
                Ok(_) => Err(ReadError::BodyTooLong),
                Err(_) => Err(ReadError::Syntax),
            },
        }
    }
}

/// Reads requests that follow each other on a connection.
pub(crate) struct RequestReader<R> {
    stream: R,
    /// Received bytes that are not used yet.
    buffer: Vec<u8>,
}

impl<R: Read> RequestReader<R> {
    /// Creates a reader.
    pub(crate) fn new(stream: R) -> Self {
        Self {
            stream,
            buffer: Vec::new(),
        }
    }

    /// Returns the received bytes that are not used yet.
    pub(crate) fn into_rest(self) -> Vec<u8> {
        self.buffer
    }

    /// Reads the next head; `None` if the client has closed the connection.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub(crate) fn head(&mut self) -> Result<Option<Head>, ReadError> {
        let mut deadline = None;
        loop {
            if let Some((head, len)) = parse(&self.buffer)? {
                self.buffer.drain(..len);
                return Ok(Some(head));
            }
            if self.buffer.len() > MAX_HEAD {
                return Err(ReadError::HeadTooLong);
            }
            if !self.buffer.is_empty() {
                deadline.get_or_insert_with(|| Instant::now() + MAX_TIME);
            }
            if self.fill(deadline)? == 0 {
                return match self.buffer.is_empty() {
                    true => Ok(None),
                    false => Err(ReadError::Syntax),
                };
            }
        }
    }

    /// Reads the body of a request. Calls `go_on` first if the client waits for the server's consent.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub(crate) fn body(
        &mut self,
        head: &Head,
        go_on: impl FnOnce() -> io::Result<()>,
    ) -> Result<Vec<u8>, ReadError> {
        let len = head.body_len()?;
        if self.buffer.len() < len && head.has_word("Expect", "100-continue") {
            go_on()?;
        }
        let deadline = Some(Instant::now() + MAX_TIME);
        while self.buffer.len() < len {
            if self.fill(deadline)? == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
        }
        let rest = self.buffer.split_off(len);
        Ok(std::mem::replace(&mut self.buffer, rest))
    }

    fn fill(&mut self, deadline: Option<Instant>) -> Result<usize, ReadError> {
        if deadline.is_some_and(|deadline| Instant::now() > deadline) {
            return Err(ReadError::Slow);
        }
        let mut chunk = [0; 16 << 10];
        let len = loop {
            match self.stream.read(&mut chunk) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read?,
            }
        };
        self.buffer.extend_from_slice(&chunk[..len]);
        Ok(len)
    }
}

/// Parses a head. Returns it with its length; `None` if it is not complete.
fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, ReadError> {
    let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut request = httparse::Request::new(&mut fields);
    let len = match request.parse(bytes) {
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(httparse::Error::TooManyHeaders) => return Err(ReadError::HeadTooLong),
        Err(_) => return Err(ReadError::Syntax),
    };
    let field = |field: &httparse::Header<'_>| {
        let value = String::from_utf8_lossy(field.value).into_owned();
        (field.name.to_owned(), value)
    };
    let head = Head {
        method: request.method.unwrap_or_default().to_owned(),
        target: request.path.unwrap_or_default().to_owned(),
        is_http_1_0: request.version == Some(0),
        fields: request.headers.iter().map(field).collect(),
    };
    // Two lengths or two hosts are a way to smuggle a request.
    for name in ["Content-Length", "Host", "Origin"] {
        let same = head
            .fields
            .iter()
            .filter(|(other, _)| other.eq_ignore_ascii_case(name));
        if same.count() > 1 {
            return Err(ReadError::Syntax);
        }
    }
    Ok(Some((head, len)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_follow_each_other_and_limits_hold() {
        let text = b"POST /jsonrpc?x=1 HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.0\r\n\r\n";
        let mut reader = RequestReader::new(&text[..]);
        let head = reader.head().unwrap().unwrap();
        assert_eq!((head.method.as_str(), head.path()), ("POST", "/jsonrpc"));
        assert_eq!(reader.body(&head, || Ok(())).unwrap(), b"abc");
        let second = reader.head().unwrap().unwrap();
        assert!(head.keeps_alive() && !second.keeps_alive());
        assert!(reader.head().unwrap().is_none());

        let error = |text: String| {
            let mut reader = RequestReader::new(io::Cursor::new(text.into_bytes()));
            match reader.head() {
                Err(error) => error.status(),
                Ok(head) => reader.body(&head.unwrap(), || Ok(())).unwrap_err().status(),
            }
        };
        let post = |fields: &str| error(format!("POST / HTTP/1.1\r\n{fields}\r\n\r\n"));
        assert_eq!(post("Content-Length: 4194305"), Some(413));
        assert_eq!(post("Content-Length: -1"), Some(400));
        assert_eq!(post("Content-Length: 1\r\nContent-Length: 2"), Some(400));
        assert_eq!(post("Transfer-Encoding: chunked"), Some(411));
        assert_eq!(post(&"A: b\r\n".repeat(101)), Some(431));
        assert_eq!(
            post(&format!("A: {}", "b".repeat(MAX_HEAD + 100_000))),
            Some(431)
        );
        assert_eq!(error("\u{16}\u{3}\u{1}garbage\r\n\r\n".into()), Some(400));
        assert_eq!(post("Content-Length: 9"), None);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(0_u8.., 0..200)) {
            let mut reader = RequestReader::new(&bytes[..]);
            if let Ok(Some(head)) = reader.head() {
                let _ = reader.body(&head, || Ok(()));
            }
        }
    }
}
