//! Builds a correct response (RFC 9110) and applies the actions of the matching rules to it.

mod bodies;
mod ranges;
mod redirects;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::content;
use super::request::Request;
use super::scenario::{Action, End, EndlessHead, Scenario};

/// Number of unique `ETag` values sent so far.
static ETAGS: AtomicU64 = AtomicU64::new(0);

/// Number of the next version that only one response has. The first two are those of the scenarios.
static VERSIONS: AtomicU64 = AtomicU64::new(100);

/// A response and the way it is sent.
#[derive(Debug, Clone)]
pub struct Response {
    pub version: &'static str,
    pub status: u16,
    pub fields: Vec<(String, String)>,
    pub line_end: &'static str,
    /// Text between the name and the value of each field.
    pub separator: &'static str,
    pub body: Body,
    /// Sent instead of head and body.
    pub raw: Option<Vec<u8>>,
    /// Number of 103 responses before this one.
    pub early_hints: usize,
    pub endless_head: Option<EndlessHead>,
    pub delay: Duration,
    /// Pause between the 103 responses and this one.
    pub delay_after_hints: Duration,
    /// Number of bytes of the body before a pause, and its duration.
    pub pause_body: Option<(u64, Duration)>,
    /// Pause after each byte of the head.
    pub head_pace: Option<Duration>,
    /// Number of bytes sent of the head, and how the connection ends then.
    pub cut_head: Option<(usize, End)>,
    /// Number of bytes sent of the body, and how the connection ends then.
    pub cut_body: Option<(u64, End)>,
    /// Chunked encoding; a string that is not empty replaces the size of every chunk.
    pub chunked: Option<&'static str>,
    /// Text after the size of each chunk.
    pub chunk_extension: &'static str,
    /// Bytes per write of the body.
    pub write_size: usize,
    /// Rate of the body in bytes/s.
    pub rate: u64,
    /// Number of bytes after the end of the body.
    pub trailing_bytes: usize,
    /// File offsets between which the bytes are those of the second version.
    pub overwritten: Option<(u64, u64)>,
    /// File offsets of inverted bytes.
    pub flipped_bytes: Vec<u64>,
    /// Range of the body as first byte, length and total; `None` for a response without a range.
    range: Option<(u64, u64, u64)>,
    /// Length of the whole file.
    total: u64,
}

/// Body of a response.
#[derive(Debug, Clone)]
pub enum Body {
    /// `len` bytes of this version of the file, starting at offset `from`.
    File {
        version: u64,
        from: u64,
        len: u64,
    },
    Text(Vec<u8>),
}

impl Body {
    /// Returns the length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::File { len, .. } => *len,
            Self::Text(text) => text.len() as u64,
        }
    }
}

impl Response {
    /// Returns the correct response to `request`.
    pub fn correct(scenario: &Scenario, request: &Request) -> Self {
        let total = scenario.len;
        let mut response = Self {
            version: "HTTP/1.1",
            status: 200,
            fields: Vec::new(),
            line_end: "\r\n",
            separator: ": ",
            body: Body::File {
                version: content::FIRST,
                from: 0,
                len: total,
            },
            raw: None,
            early_hints: 0,
            endless_head: None,
            delay: Duration::ZERO,
            delay_after_hints: Duration::ZERO,
            pause_body: None,
            head_pace: None,
            cut_head: None,
            cut_body: None,
            chunked: None,
            chunk_extension: "",
            write_size: 16 * 1024,
            rate: scenario.rate,
            trailing_bytes: 0,
            overwritten: None,
            flipped_bytes: Vec::new(),
            range: None,
            total,
        };
        response.set_header("Content-Type", "application/octet-stream");
        response.set_header("Accept-Ranges", "bytes");
        response.set_validators(content::FIRST);
        match request.range {
            Some((first, _)) if first >= total => {
                response.become_status(416);
                response.set_header("Content-Range", &format!("bytes */{total}"));
            }
            Some((first, last)) => {
                let end = last.map_or(total, |last| (last + 1).min(total));
                response.status = 206;
                response.set_range(first, end.saturating_sub(first), total);
            }
            None => response.set_content_length(total),
        }
        response
    }

    /// Applies one action. Redirects use `request` and the server's addresses.
    pub fn apply(&mut self, action: Action, request: &Request, here: &str, other: &str) {
        match action {
            Action::Status(status) => self.become_status(status),
            Action::StatusOnly(status) => self.status = status,
            Action::IgnoreRange => self.become_full_file(),
            Action::ShiftRange(by) => self.shift_range(by),
            Action::ShiftBody(by) => {
                if let Body::File { from, .. } = &mut self.body {
                    *from = from.saturating_add_signed(by);
                }
            }
            Action::HalveRange => self.map_range(|from, len, _| (from, len.div_ceil(2))),
            Action::ExtendToEnd => self.map_range(|from, _, total| (from, total - from)),
            Action::OtherVersion { seed, longer } => self.become_version(seed, longer),
            Action::Overwrite(from, to) => self.overwritten = Some((from, to)),
            Action::UniqueVersion => {
                self.become_version(VERSIONS.fetch_add(1, Ordering::Relaxed), 0);
            }
            Action::Shorten(len) => self.shorten(len),
            Action::UniqueETag => {
                let number = ETAGS.fetch_add(1, Ordering::Relaxed);
                self.set_header("ETag", &format!("\"response-{number}\""));
            }
            Action::SetHeader(name, value) => self.set_header(name, value),
            Action::AddHeader(name, value) => self.fields.push((name.to_owned(), value.to_owned())),
            Action::AddHeaders(number) => {
                let field = |i| (format!("X-Field-{i}"), "nothing".to_owned());
                self.fields.splice(0..0, (0..number).map(field));
            }
            Action::LineEnd(end) => self.line_end = end,
            Action::FieldSeparator(separator) => self.separator = separator,
            Action::RemoveHeader(name) => self.remove_header(name),
            Action::UnknownTotal => self.remove_total(),
            Action::ExtendToBlocks(block) => self.map_range(|from, len, total| {
                let start = from / block * block;
                let end = (from + len).next_multiple_of(block).min(total);
                (start, end - start)
            }),
            Action::ShortenRange(most) => self.map_range(|from, len, _| (from, len.min(most))),
            Action::RangeWithStatus200 => self.status = 200,
            Action::WholeRangeWithStatus200 => {
                if self.range.is_some_and(|(_, len, total)| len == total) {
                    self.become_full_file();
                }
            }
            Action::WholeContentRange => {
                if self.range.is_none() {
                    let (last, total) = (self.total - 1, self.total);
                    self.set_header("Content-Range", &format!("bytes 0-{last}/{total}"));
                }
            }
            Action::CorrectDigest => {
                let digest = content::repr_digest(content::FIRST, self.total);
                self.set_header("Repr-Digest", &digest);
            }
            Action::OffsetContentLength(by) => {
                self.set_content_length(self.body.len().saturating_add_signed(by));
            }
            Action::Http10 => {
                self.version = "HTTP/1.0";
                self.cut_body.get_or_insert((u64::MAX, End::Close));
            }
            Action::Chunked => self.set_chunked(""),
            Action::ChunkSize(size) => self.set_chunked(size),
            Action::ChunkExtension(text) => self.chunk_extension = text,
            Action::NoContentLength => self.close_delimited(),
            Action::Gzip => self.encode_gzip(),
            Action::TransferGzip => {
                self.become_full_file();
                self.encode_gzip();
                self.remove_header("Content-Encoding");
                self.set_chunked("");
                self.set_header("Transfer-Encoding", "gzip, chunked");
            }
            Action::GzipUnlessForbidden => {
                let accepted = request.field("accept-encoding").unwrap_or_default();
                if !accepted.contains("*;q=0") {
                    self.encode_gzip();
                }
            }
            Action::HtmlPage => {
                self.become_html_page();
                self.close_delimited();
            }
            Action::SizedHtmlPage => self.become_html_page(),
            Action::StaticPage(text) => self.become_static_page(text, request),
            Action::Multipart => self.become_multipart(),
            Action::Redirect(status, to) => self.redirect(status, to, here, other),
            Action::RedirectChain => self.redirect_to_next(request, here),
            Action::FlipByte(at) => self.flipped_bytes.push(at),
            Action::Document(kind, text) => {
                self.become_status(200);
                self.set_header("Content-Type", kind);
                self.set_text(text.as_bytes().to_vec());
            }
            Action::RawBytes(bytes) => self.raw = Some(bytes.to_vec()),
            Action::RandomBytes => self.raw = Some(content::bytes(99, 8, 4096)),
            Action::EarlyHints(number) => self.early_hints = number,
            Action::EndlessHead(kind) => self.endless_head = Some(kind),
            Action::Delay(time) => self.delay = time,
            Action::DelayAfterHints(time) => self.delay_after_hints = time,
            Action::PauseBody(after, time) => self.pause_body = Some((after, time)),
            Action::SlowHead(pace) => self.head_pace = Some(pace),
            Action::WriteSize(len) => self.write_size = len,
            Action::Rate(rate) => self.rate = rate,
            Action::TrailingBytes(len) => self.trailing_bytes = len,
            Action::CutHead(after, end) => self.cut_head = Some((after, end)),
            Action::EndAt(offset) => {
                if let Body::File { from, .. } = self.body {
                    self.cut_body = Some((offset.saturating_sub(from), End::Close));
                }
            }
            Action::CutBody(after, end) => self.cut_body = Some((after, end)),
        }
    }

    /// Returns the encoded head.
    pub fn head(&self) -> Vec<u8> {
        let (end, separator) = (self.line_end, self.separator);
        let mut head = format!(
            "{} {} {}{end}",
            self.version,
            self.status,
            reason(self.status)
        )
        .into_bytes();
        for (name, value) in &self.fields {
            // Encoded as Latin-1, so that a scenario can send any byte value.
            let line = format!("{name}{separator}{value}{end}");
            head.extend(
                line.chars()
                    .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')),
            );
        }
        head.extend(end.as_bytes());
        head
    }

    fn set_header(&mut self, name: &str, value: &str) {
        self.remove_header(name);
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    fn remove_header(&mut self, name: &str) {
        self.fields
            .retain(|field| !field.0.eq_ignore_ascii_case(name));
    }

    fn set_content_length(&mut self, len: u64) {
        self.set_header("Content-Length", &len.to_string());
    }

    fn set_validators(&mut self, version: u64) {
        self.set_header("ETag", &format!("\"version-{version}\""));
        let date = format!("Mon, 0{version} Jan 2024 10:00:00 GMT");
        self.set_header("Last-Modified", &date);
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        203 => "Non-Authoritative Information",
        206 => "Partial Content",
        301..400 => "Moved",
        404 => "Not Found",
        416 => "Range Not Satisfiable",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Other",
    }
}
