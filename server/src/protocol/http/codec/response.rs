//! Responses: the decision on a request, and the encoded head (RFC 9110, sections 8 and 13 to 15).

use std::fmt::Write as _;
use std::ops::Range;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::conditions::{Precondition, whole_seconds};
use super::entity_tag::EntityTag;
use super::invalid_request::InvalidRequest;
use super::range::{RangeSelection, select_range};
use super::request::{MAX_DISCARDED_BODY, Request};
use super::request_line::Method;
use super::status::Status;
use super::target::Target;

const ALLOWED_METHODS: &str = "GET, HEAD";

/// The last second of the year 9999, the latest HTTP date, in seconds since 1970.
const LAST_DATE: Duration = Duration::from_secs(253_402_300_799);

/// Metadata of an existing file.
#[derive(Debug, Clone)]
pub struct FileInfo<'a> {
    /// Name; its extension decides on the media type.
    pub name: &'a str,
    /// Length in bytes.
    pub len: u64,
    /// Entity tag of the current version.
    pub tag: EntityTag,
    /// Modification time; `None` for a file that never changes.
    pub modified: Option<SystemTime>,
    /// SHA-256, if it is known.
    pub sha256: Option<[u8; 32]>,
}

/// The body of a response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// No body and no `Content-Length`.
    None,
    /// This text.
    Text(String),
    /// These bytes of the file.
    File(Range<u64>),
}

/// The response to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: Status,
    /// Further header fields, in order.
    pub fields: Vec<(&'static str, String)>,
    /// The body. The response to HEAD carries only its length.
    pub body: Body,
}

impl Response {
    /// Returns the rejection of a request that no file can satisfy; `None` if the response depends
    /// on the files.
    pub fn early_rejection(request: &Request) -> Option<Self> {
        match request.method {
            Method::NotAllowed => {
                let message = "method not allowed: use GET or HEAD";
                let mut response = Self::error(Status::MethodNotAllowed, &message);
                response.fields.push(("Allow", ALLOWED_METHODS.to_owned()));
                Some(response)
            }
            Method::Unknown => Some(Self::error(Status::NotImplemented, &"unknown method")),
            Method::Get | Method::Head if request.body_len > MAX_DISCARDED_BODY => {
                let message = "request body not accepted";
                Some(Self::error(Status::ContentTooLarge, &message))
            }
            Method::Get | Method::Head if request.target == Target::Server => {
                let message = "the request target must be a path";
                Some(Self::error(Status::BadRequest, &message))
            }
            Method::Get | Method::Head => None,
        }
    }

    /// Returns the response to a request for a host name that is not local.
    pub fn misdirected() -> Self {
        let message = "wrong host name: on this machine the server answers only to localhost and to \
                       IP addresses; use http://localhost or http://127.0.0.1 with the port";
        Self::error(Status::MisdirectedRequest, &message)
    }

    /// Returns the response to a request for an existing file.
    pub fn for_file(request: &Request, file: &FileInfo<'_>, now: SystemTime) -> Self {
        let conditions = &request.conditions;
        match conditions.evaluate(Some(&file.tag), file.modified) {
            Precondition::Proceed => {}
            Precondition::NotModified => {
                return Self {
                    status: Status::NotModified,
                    fields: validator_fields(file, now),
                    body: Body::None,
                };
            }
            Precondition::Failed => {
                let message = "precondition failed: the file is not the requested version";
                return Self::error(Status::PreconditionFailed, &message);
            }
        }
        let selection = match &request.range {
            // Ranges are defined for GET only (RFC 9110, section 14.2).
            Some(range)
                if request.method == Method::Get
                    && conditions.allow_part(Some(&file.tag), file.modified, now) =>
            {
                select_range(range, file.len)
            }
            _ => RangeSelection::Whole,
        };
        let mut fields = Vec::new();
        let (status, bytes) = match selection {
            RangeSelection::Whole => (Status::Ok, 0..file.len),
            RangeSelection::Bytes(bytes) => {
                let (first, last, len) = (bytes.start, bytes.end - 1, file.len);
                fields.push(("Content-Range", format!("bytes {first}-{last}/{len}")));
                (Status::PartialContent, bytes)
            }
            RangeSelection::Unsatisfiable => {
                let len = file.len;
                let message = format!("range not satisfiable: the file has {len} bytes");
                let mut response = Self::error(Status::RangeNotSatisfiable, &message);
                let range = ("Content-Range", format!("bytes */{len}"));
                response.fields.push(range);
                return response;
            }
        };
        let media_type = mime_guess::from_path(file.name).first_or_octet_stream();
        fields.push(("Content-Type", media_type.to_string()));
        if is_active(media_type.essence_str()) {
            fields.push(("Content-Security-Policy", "sandbox".to_owned()));
        }
        fields.push(("Accept-Ranges", "bytes".to_owned()));
        fields.extend(validator_fields(file, now));
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

    /// Returns the response with an HTML page.
    pub fn html(html: String) -> Self {
        // The page contains untrusted file names: should the escaping fail, nothing is run or loaded.
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

    /// Returns a permanent redirect.
    pub fn redirect(location: String) -> Self {
        let message = format!("moved to {location}");
        let mut response = Self::error(Status::MovedPermanently, &message);
        response.fields.push(("Location", location));
        response
    }

    /// Returns a response with the text of `error` as its body.
    pub fn error(status: Status, error: &impl ToString) -> Self {
        let mut fields = vec![("Content-Type", "text/plain; charset=utf-8".to_owned())];
        if status == Status::ServiceUnavailable {
            fields.push(("Retry-After", "1".to_owned()));
        }
        Self {
            status,
            fields,
            body: Body::Text(format!("{}\n", error.to_string())),
        }
    }

    /// Encodes the head. `keep_alive` says whether the connection stays open, `is_http10` whether
    /// the client speaks HTTP/1.0.
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
        // A web page elsewhere must neither embed a file nor have its type guessed.
        add("X-Content-Type-Options", "nosniff");
        add("Cross-Origin-Resource-Policy", "same-origin");
        if !keep_alive {
            add("Connection", "close");
        } else if is_http10 {
            add("Connection", "keep-alive");
        }
        head.push_str("\r\n");
        head.into_bytes()
    }

    /// Encodes the head and, unless the request is a HEAD, the text of the body. File bytes are not
    /// included. `request` is `None` if it is invalid or incomplete.
    pub fn to_bytes(
        &self,
        request: Option<&Request>,
        keep_alive: bool,
        now: SystemTime,
    ) -> Vec<u8> {
        let is_http10 = request.is_some_and(|request| request.is_http10);
        let is_head = request.is_some_and(|request| request.method == Method::Head);
        let mut bytes = self.head(keep_alive, is_http10, now);
        if let (Body::Text(text), false) = (&self.body, is_head) {
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }
}

impl From<&InvalidRequest> for Response {
    fn from(error: &InvalidRequest) -> Self {
        Self::error(error.status(), error)
    }
}

/// Returns whether a browser runs scripts in a file of this type. Without a sandbox, these could read
/// all other files of the server.
fn is_active(media_type: &str) -> bool {
    media_type == "text/html" || media_type.ends_with("xml")
}

/// Returns the header fields that identify the version of a file.
fn validator_fields(file: &FileInfo<'_>, now: SystemTime) -> Vec<(&'static str, String)> {
    let mut fields = vec![("ETag", file.tag.to_string())];
    if let Some(modified) = file.modified {
        // Not later than the date of the response (RFC 9110, section 8.8.2.1).
        fields.push(("Last-Modified", date(modified.min(now))));
    }
    fields
}

/// Formats a time as an HTTP date. Times before 1970 count as 1970, times after 9999 as its last
/// second.
pub fn date(time: SystemTime) -> String {
    httpdate::fmt_http_date(whole_seconds(time).min(UNIX_EPOCH + LAST_DATE))
}

#[cfg(test)]
mod tests;
