//! HTTP/1.1 without I/O: the head of a request in, what to answer out.
//!
//! 1. [`head_len`] finds where a head ends, [`Request::parse`] reads it. What cannot be read is
//!    [`InvalidRequest`], and ends the connection: where the next request begins is not known then.
//! 2. [`Response::for_file`] decides, by RFC 9110 section 13.2.2, what a request gets of a file that
//!    is there: all of it, a part, or only the news that it has not changed.
//! 3. [`Response::head`] writes the head of the response. The bytes of a file never pass through
//!    here: the answer says which to send.

mod conditions;
mod entity_tag;
pub(crate) mod header_fields;
mod range;
mod request;
pub(crate) mod request_line;
pub(crate) mod response;
mod status;
mod target;

pub use self::conditions::{Conditions, Precondition};
pub use self::entity_tag::EntityTag;
pub use self::range::{RangeSelection, select_range};
pub use self::request::{
    InvalidRequest, MAX_DISCARDED_BODY, MAX_FIELDS, MAX_HEAD_LEN, Method, Request, head_len,
};
pub use self::response::{Body, FileInfo, Response, date};
pub use self::status::Status;
pub use self::target::Target;
