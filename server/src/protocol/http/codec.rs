//! HTTP/1.1 without I/O: decodes request heads, decides on the response, encodes response heads.
//!
//! 1. [`head_len`] finds the end of a head and [`Request::parse`] decodes it. An
//!    [`InvalidRequest`] ends the connection, because the start of the next request is unknown.
//! 2. [`Response::for_file`] decides by RFC 9110, section 13.2.2, on the response to a request for
//!    an existing file: all of it, a part, or 304.
//! 3. [`Response::head`] encodes the head. File bytes do not pass through this module: the body
//!    says which range of the file follows.

mod conditions;
mod entity_tag;
mod header_fields;
mod host;
mod invalid_request;
mod range;
mod request;
mod request_line;
mod response;
mod status;
mod target;

pub use conditions::{Conditions, Precondition};
pub use entity_tag::EntityTag;
pub use host::is_local_host;
pub use invalid_request::InvalidRequest;
pub use range::{RangeSelection, select_range};
pub use request::{MAX_DISCARDED_BODY, MAX_FIELDS, MAX_HEAD_LEN, Request, head_len};
pub use request_line::Method;
pub use response::{Body, FileInfo, Response, date};
pub use status::Status;
pub use target::Target;
