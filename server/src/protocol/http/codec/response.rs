//! Answers: what a request gets, and the head of the response (RFC 9110 sections 8, 13 to 15).

use std::fmt::Write as _;
use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::conditions::whole_seconds;
use super::range::select_range;
use super::{
    EntityTag, InvalidRequest, MAX_DISCARDED_BODY, Method, Precondition, RangeSelection, Request,
    Status, Target,
};

/// The methods that are for files.
const ALLOWED: &str = "GET, HEAD";

/// The last second of the year 9999.
const LAST_DATE: Duration = Duration::from_secs(253_402_300_799);

/// A file that is there, as far as a head says anything of it.
#[derive(Debug, Clone)]
pub struct FileInfo<'a> {
    /// Its name: what its type is guessed from.
    pub name: &'a str,
    /// Its length in bytes.
    pub len: u64,
    /// The name of this version of it.
    pub tag: EntityTag,
    /// When it was changed last; `None` for a file that never is.
    pub modified: Option<SystemTime>,
    /// Its SHA-256, when it is known.
    pub sha256: Option<[u8; 32]>,
}

/// What follows the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Nothing, and nothing is said of a length.
    None,
    /// This text.
    Text(String),
    /// These bytes of the file.
    File(Range<u64>),
}

/// What a request gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// How it went.
    pub status: Status,
    /// What else is said, in order.
    pub fields: Vec<(&'static str, String)>,
    /// What follows; to a HEAD request only its length is said.
    pub body: Body,
}

impl Response {
    /// What a request gets whatever the files are; `None` when that depends on them.
    pub fn early_rejection(request: &Request) -> Option<Self> {
        match request.method {
            Method::NotAllowed => {
                let message = "this server sends files: GET and HEAD are all it does";
                let mut response = Self::error(Status::MethodNotAllowed, message);
                response.fields.push(("Allow", ALLOWED.to_owned()));
                Some(response)
            }
            Method::Unknown => {
                let message = "this server does not know the method";
                Some(Self::error(Status::NotImplemented, message))
            }
            Method::Get | Method::Head if request.body_len > MAX_DISCARDED_BODY => {
                let message = "this server has no use for a body, least of all one that long";
                Some(Self::error(Status::ContentTooLarge, message))
            }
            Method::Get | Method::Head if request.target == Target::Server => {
                let message = "the target of the request must be a file";
                Some(Self::error(Status::BadRequest, message))
            }
            Method::Get | Method::Head => None,
        }
    }

    /// What a request gets of a file that is there.
    pub fn for_file(request: &Request, file: &FileInfo<'_>, now: SystemTime) -> Self {
        let conditions = &request.conditions;
        match conditions.evaluate(Some(&file.tag), file.modified) {
            Precondition::Proceed => {}
            Precondition::NotModified => {
                let fields = version_fields(file, now);
                let (status, body) = (Status::NotModified, Body::None);
                return Self {
                    status,
                    fields,
                    body,
                };
            }
            Precondition::Failed => {
                let message = "the file is not the version that the request is about";
                return Self::error(Status::PreconditionFailed, message);
            }
        }
        let part = match &request.range {
            // Only GET knows ranges (RFC 9110 section 14.2).
            Some(range)
                if request.method == Method::Get
                    && conditions.allow_part(Some(&file.tag), file.modified, now) =>
            {
                select_range(range, file.len)
            }
            _ => RangeSelection::Whole,
        };
        let mut fields = Vec::new();
        let (status, bytes) = match part {
            RangeSelection::Whole => (Status::Ok, 0..file.len),
            RangeSelection::Bytes(bytes) => {
                let (first, last, len) = (bytes.start, bytes.end - 1, file.len);
                fields.push(("Content-Range", format!("bytes {first}-{last}/{len}")));
                (Status::PartialContent, bytes)
            }
            RangeSelection::Unsatisfiable => {
                let len = file.len;
                let message = format!("no byte of the file lies in this range: it has {len} bytes");
                let mut response = Self::error(Status::RangeNotSatisfiable, &message);
                response
                    .fields
                    .push(("Content-Range", format!("bytes */{len}")));
                return response;
            }
        };
        let media_type = mime_guess::from_path(file.name).first_or_octet_stream();
        fields.push(("Content-Type", media_type.to_string()));
        fields.push(("Accept-Ranges", "bytes".to_owned()));
        fields.extend(version_fields(file, now));
        if let Some(digest) = &file.sha256 {
            let digest = BASE64_STANDARD.encode(digest);
            fields.push(("Repr-Digest", format!("sha-256=:{digest}:")));
        }
        let body = Body::File(bytes);
        Self {
            status,
            fields,
            body,
        }
    }

    /// The page of a folder.
    pub fn html(html: String) -> Self {
        // Names in it come from strangers: whatever slips through, nothing is run or fetched.
        let policy = "default-src 'none'; style-src 'unsafe-inline'";
        Self {
            status: Status::Ok,
            fields: vec![
                ("Content-Type", "text/html; charset=utf-8".to_owned()),
                ("Content-Security-Policy", policy.to_owned()),
                ("Cache-Control", "no-cache".to_owned()),
            ],
            body: Body::Text(html),
        }
    }

    /// It has another name.
    pub fn redirect(location: String) -> Self {
        let message = format!("it is here: {location}");
        let mut response = Self::error(Status::MovedPermanently, &message);
        response.fields.push(("Location", location));
        response
    }

    /// No, and why.
    pub fn error(status: Status, message: &str) -> Self {
        let mut fields = vec![("Content-Type", "text/plain; charset=utf-8".to_owned())];
        if status == Status::ServiceUnavailable {
            fields.push(("Retry-After", "1".to_owned()));
        }
        Self {
            status,
            fields,
            body: Body::Text(format!("{message}\n")),
        }
    }

    /// The head of the response. `keep_alive` says whether the connection stays open, `is_http10`
    /// whether the client speaks HTTP/1.0.
    pub fn head(&self, keep_alive: bool, is_http10: bool, now: SystemTime) -> Vec<u8> {
        let mut head = format!(
            "HTTP/1.1 {} {}\r\n",
            self.status.code(),
            self.status.reason()
        );
        let mut add = |name: &str, value: &str| {
            debug_assert!(!value.contains(['\r', '\n', '\0']), "{name}: {value}");
            // Writing to a string cannot fail.
            let _ = write!(head, "{name}: {value}\r\n");
        };
        add("Date", &date(now));
        add(
            "Server",
            concat!("lanes-server/", env!("CARGO_PKG_VERSION")),
        );
        match &self.body {
            Body::None => {}
            Body::Text(text) => add("Content-Length", &text.len().to_string()),
            Body::File(bytes) => add("Content-Length", &(bytes.end - bytes.start).to_string()),
        }
        for (name, value) in &self.fields {
            add(name, value);
        }
        if !keep_alive {
            add("Connection", "close");
        } else if is_http10 {
            add("Connection", "keep-alive");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }
}

impl From<&InvalidRequest> for Response {
    fn from(error: &InvalidRequest) -> Self {
        Self::error(error.status, &error.message)
    }
}

/// What tells one version of a file from another.
fn version_fields(file: &FileInfo<'_>, now: SystemTime) -> Vec<(&'static str, String)> {
    let mut fields = vec![("ETag", file.tag.to_string())];
    if let Some(modified) = file.modified {
        // Never later than the response itself (RFC 9110 section 8.8.2.1).
        fields.push(("Last-Modified", date(modified.min(now))));
    }
    fields
}

/// A time as HTTP says it. Before 1970 counts as 1970.
pub fn date(time: SystemTime) -> String {
    // Beyond the year 9999 there are no dates in HTTP.
    httpdate::fmt_http_date(whole_seconds(time).min(UNIX_EPOCH + LAST_DATE))
}

#[cfg(test)]
mod tests;
