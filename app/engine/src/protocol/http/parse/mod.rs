//! Reads and checks response heads. No I/O.
//!
//! `response_check` decides whether a response counts for a request; the other modules each read
//! one header field, or a head as a whole. All input is untrusted: `app/fuzz` feeds them arbitrary
//! text.

pub(crate) mod challenge;
pub(crate) mod chunk_lines;
pub(crate) mod content_coding;
pub(crate) mod content_disposition;
pub(crate) mod content_range;
pub(crate) mod digest_auth;
pub(crate) mod digest_fields;
pub(crate) mod encoded_word;
pub(crate) mod extension_kind;
pub(crate) mod head_normalizer;
pub(crate) mod head_scanner;
pub(crate) mod page_content;
pub(crate) mod resource_info_of_response;
pub(crate) mod response_check;
pub(crate) mod response_head;
pub(crate) mod retry_after;
pub(crate) mod transfer_encoding_header;
