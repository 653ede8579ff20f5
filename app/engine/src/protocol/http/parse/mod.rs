//! Reads and checks response headers. No I/O.

pub(crate) mod content_disposition;
pub(crate) mod content_range;
pub(crate) mod digest_fields;
pub(crate) mod resource_info;
pub(crate) mod response_check;
pub(crate) mod response_head;
pub(crate) mod retry_after;
