//! HTTP/1.1 without I/O: the head of a request in, what to answer out.
//!
//! 1. [`head_len`] finds where a head ends, [`Request::parse`] reads it. What cannot be read is
//!    [`Malformed`], and ends the connection: where the next request begins is not known then.
//! 2. [`Answer::of_file`] decides, by RFC 9110 section 13.2.2, what a request gets of a file that
//!    is there: all of it, a part, or only the news that it has not changed.
//! 3. [`Answer::head`] writes the head of the response. The bytes of a file never pass through
//!    here: the answer says which to send.

mod answer;
mod conditions;
mod entity_tag;
mod field;
mod line;
mod range;
mod request;
mod status;
mod target;

pub use answer::{Answer, Body, File, date};
pub use conditions::{Conditions, Verdict};
pub use entity_tag::EntityTag;
pub use range::{Part, part_of};
pub use request::{MAX_DRAINED, MAX_FIELDS, MAX_HEAD_LEN, Malformed, Method, Request, head_len};
pub use status::Status;
pub use target::Target;
