//! An answer: as an honest server gives it, then as the rules have it.

use std::time::Duration;

use super::content;
use super::request::Asked;
use super::scenario::{Act, End, Endless, Scenario};

/// What is sent, and how.
#[derive(Debug, Clone)]
pub struct Answer {
    pub version: &'static str,
    pub status: u16,
    pub fields: Vec<(String, String)>,
    pub body: Body,
    /// These bytes instead of head and body.
    pub raw: Option<Vec<u8>>,
    pub hints: usize,
    pub endless: Option<Endless>,
    pub wait: Duration,
    pub head_pace: Option<Duration>,
    pub cut_head: Option<(usize, End)>,
    pub cut: Option<(u64, End)>,
    /// Chunked, with this as the size of each chunk instead of the true one if it is not empty.
    pub chunked: Option<&'static str>,
    pub pieces: usize,
    pub rate: u64,
    pub extra: usize,
    /// Where in the file a byte is another than it should be.
    pub flipped: Vec<u64>,
    /// Content-Range as far as the rules left it alone: first byte, length, total.
    range: Option<(u64, u64, u64)>,
    /// Length of the whole file.
    total: u64,
}

/// What an answer carries.
#[derive(Debug, Clone)]
pub enum Body {
    /// `len` bytes of this version of the file, from `from` on.
    File {
        version: u64,
        from: u64,
        len: u64,
    },
    Text(Vec<u8>),
}

impl Body {
    /// Its length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::File { len, .. } => *len,
            Self::Text(text) => text.len() as u64,
        }
    }
}

impl Answer {
    /// As RFC 9110 has it.
    pub fn honest(scenario: &Scenario, asked: &Asked) -> Self {
        let total = scenario.len;
        let mut answer = Self {
            version: "HTTP/1.1",
            status: 200,
            fields: Vec::new(),
            body: Body::File {
                version: content::FIRST,
                from: 0,
                len: total,
            },
            raw: None,
            hints: 0,
            endless: None,
            wait: Duration::ZERO,
            head_pace: None,
            cut_head: None,
            cut: None,
            chunked: None,
            pieces: 16 * 1024,
            rate: scenario.rate,
            extra: 0,
            flipped: Vec::new(),
            range: None,
            total,
        };
        answer.set("Content-Type", "application/octet-stream");
        answer.set("Accept-Ranges", "bytes");
        answer.set_validators(content::FIRST);
        match asked.range {
            Some((first, _)) if first >= total => {
                answer.say(416);
                answer.set("Content-Range", &format!("bytes */{total}"));
            }
            Some((first, last)) => {
                let end = last.map_or(total, |last| (last + 1).min(total));
                answer.status = 206;
                answer.show(first, end.saturating_sub(first), total);
            }
            None => answer.set_length(total),
        }
        answer
    }

    /// Changes the answer. `asked` and the server's addresses are for redirects.
    pub fn apply(&mut self, act: Act, asked: &Asked, here: &str, other: &str) {
        match act {
            Act::Status(status) => self.say(status),
            Act::Whole => self.whole(),
            Act::Shift(by) => self.shift(by),
            Act::ShiftSecretly(by) => {
                if let Body::File { from, .. } = &mut self.body {
                    *from = from.saturating_add_signed(by);
                }
            }
            Act::Half => self.reshape(|from, len, _| (from, len.div_ceil(2))),
            Act::ToEnd => self.reshape(|from, _, total| (from, total - from)),
            Act::Version { seed, longer } => self.become_version(seed, longer),
            Act::Set(name, value) => self.set(name, value),
            Act::Add(name, value) => self.fields.push((name.to_owned(), value.to_owned())),
            Act::Drop(name) => self.drop(name),
            Act::HideTotal => self.hide_total(),
            Act::TrueDigest => {
                let digest = content::repr_digest(content::FIRST, self.total);
                self.set("Repr-Digest", &digest);
            }
            Act::LengthOff(by) => self.set_length(self.body.len().saturating_add_signed(by)),
            Act::Http10 => {
                self.version = "HTTP/1.0";
                self.cut.get_or_insert((u64::MAX, End::Close));
            }
            Act::Chunked => self.chunk(""),
            Act::ChunkSize(size) => self.chunk(size),
            Act::NoLength => self.close_delimited(),
            Act::Gzip => self.gzip(),
            Act::Page => self.page(),
            Act::Multipart => self.multipart(),
            Act::Redirect(status, to) => self.redirect(status, to, here, other),
            Act::Hop => self.hop(asked, here),
            Act::Flip(at) => self.flipped.push(at),
            Act::Document(kind, text) => {
                self.say(200);
                self.set("Content-Type", kind);
                self.text(text.as_bytes().to_vec());
            }
            Act::Raw(bytes) => self.raw = Some(bytes.to_vec()),
            Act::Garbage => self.raw = Some(content::bytes(99, 8, 4096)),
            Act::Hints(number) => self.hints = number,
            Act::Endless(kind) => self.endless = Some(kind),
            Act::Wait(time) => self.wait = time,
            Act::DribbleHead(pace) => self.head_pace = Some(pace),
            Act::Pieces(len) => self.pieces = len,
            Act::Rate(rate) => self.rate = rate,
            Act::Extra(len) => self.extra = len,
            Act::CutHead(after, end) => self.cut_head = Some((after, end)),
            Act::Cut(after, end) => self.cut = Some((after, end)),
        }
    }

    /// The head as it is sent.
    pub fn head(&self) -> Vec<u8> {
        let mut head = format!(
            "{} {} {}\r\n",
            self.version,
            self.status,
            reason(self.status)
        )
        .into_bytes();
        for (name, value) in &self.fields {
            // Latin-1, so that a scenario can send any byte.
            let line = format!("{name}: {value}\r\n");
            head.extend(
                line.chars()
                    .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')),
            );
        }
        head.extend(b"\r\n");
        head
    }

    fn set(&mut self, name: &str, value: &str) {
        self.drop(name);
        self.fields.push((name.to_owned(), value.to_owned()));
    }

    fn drop(&mut self, name: &str) {
        self.fields
            .retain(|field| !field.0.eq_ignore_ascii_case(name));
    }

    fn set_length(&mut self, len: u64) {
        self.set("Content-Length", &len.to_string());
    }

    fn set_validators(&mut self, version: u64) {
        self.set("ETag", &format!("\"version-{version}\""));
        let date = format!("Mon, 0{version} Jan 2024 10:00:00 GMT");
        self.set("Last-Modified", &date);
    }

    /// A short text in place of the file.
    fn say(&mut self, status: u16) {
        self.status = status;
        self.range = None;
        for name in ["Content-Range", "ETag", "Last-Modified"] {
            self.drop(name);
        }
        self.set("Content-Type", "text/plain");
        self.text(format!("{status} {}\n", reason(status)).into_bytes());
    }

    fn text(&mut self, text: Vec<u8>) {
        self.set_length(text.len() as u64);
        self.body = Body::Text(text);
    }

    /// Makes this range the body, and says so.
    fn show(&mut self, first: u64, length: u64, total: u64) {
        if let Body::File { from, len, .. } = &mut self.body {
            (*from, *len) = (first, length);
        }
        self.range = Some((first, length, total));
        let last = (first + length).saturating_sub(1);
        self.set("Content-Range", &format!("bytes {first}-{last}/{total}"));
        self.set_length(length);
    }

    /// Another range of the file, where there is a range at all.
    fn reshape(&mut self, shape: impl Fn(u64, u64, u64) -> (u64, u64)) {
        if let Some((first, len, total)) = self.range {
            let (first, len) = shape(first, len, total);
            self.show(first, len, total);
        }
    }

    fn hide_total(&mut self) {
        if let Some((first, len, _)) = self.range {
            let last = first + len - 1;
            self.set("Content-Range", &format!("bytes {first}-{last}/*"));
        }
    }

    fn shift(&mut self, by: i64) {
        self.reshape(|first, len, total| {
            let moved = first.saturating_add_signed(by).min(total);
            (moved, len.min(total - moved))
        });
    }

    fn whole(&mut self) {
        self.status = 200;
        self.range = None;
        self.drop("Content-Range");
        let (version, from, len) = (content::FIRST, 0, self.total);
        self.body = Body::File { version, from, len };
        self.set_length(len);
    }

    fn become_version(&mut self, seed: u64, longer: u64) {
        if let Body::File { version, .. } = &mut self.body {
            *version = seed;
        }
        self.set_validators(seed);
        match self.range {
            Some((first, len, total)) => self.show(first, len, total + longer),
            None => {
                if let Body::File { len, .. } = &mut self.body {
                    *len += longer;
                    let len = *len;
                    self.set_length(len);
                }
            }
        }
    }

    fn chunk(&mut self, size: &'static str) {
        self.drop("Content-Length");
        self.set("Transfer-Encoding", "chunked");
        self.chunked = Some(size);
    }

    fn close_delimited(&mut self) {
        self.drop("Content-Length");
        self.set("Connection", "close");
        let end = self.body.len();
        self.cut.get_or_insert((end, End::Close));
    }

    fn gzip(&mut self) {
        if let Body::File { version, from, len } = self.body {
            self.set("Content-Encoding", "gzip");
            self.text(content::gzip(&content::bytes(version, from, len as usize)));
        }
    }

    fn page(&mut self) {
        self.say(200);
        self.set("Content-Type", "text/html; charset=utf-8");
        let page = "<!doctype html><title>Sorry</title><p>Something went wrong.".repeat(20);
        self.text(page.into_bytes());
        self.close_delimited();
    }

    fn multipart(&mut self) {
        if let (Some((first, len, total)), Body::File { version, .. }) = (self.range, &self.body) {
            let last = first + len - 1;
            let mut text =
                format!("--x\r\nContent-Range: bytes {first}-{last}/{total}\r\n\r\n").into_bytes();
            text.extend(content::bytes(*version, first, len as usize));
            text.extend(b"\r\n--x--\r\n");
            self.drop("Content-Range");
            self.set("Content-Type", "multipart/byteranges; boundary=x");
            self.text(text);
        }
    }

    fn redirect(&mut self, status: u16, to: &str, here: &str, other: &str) {
        self.say(status);
        let to = to.replace("{here}", here).replace("{other}", other);
        self.set("Location", &to);
    }

    fn hop(&mut self, asked: &Asked, here: &str) {
        let left = asked
            .path
            .rsplit('/')
            .next()
            .and_then(|number| number.parse::<u16>().ok());
        match left {
            Some(left @ 1..) => self.redirect(302, &format!("/hop/{}", left - 1), here, here),
            _ => self.redirect(307, "/file.bin", here, here),
        }
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        206 => "Partial Content",
        301..400 => "Elsewhere",
        404 => "Not Found",
        416 => "Range Not Satisfiable",
        429 => "Too Many Requests",
        503 => "Service Unavailable",
        _ => "Whatever",
    }
}
