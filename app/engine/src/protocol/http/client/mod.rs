//! Sends requests and reads responses.
//!
//! `request` follows redirects and checks the response; `exchange` sends one request through ureq, with
//! cookies (`cookie_file`) and logins, and `keep_alive_request` is its fast path. `authorization` chooses the
//! credentials, from `netrc` among others. `identity_request` repeats a request if the response is encoded;
//! `page_guard` recognizes web pages in place of the file, `range_refusal` servers that refuse every range.
//! `body_reader` reads the body, past ureq where its length is known; `body_decoder` undoes its coding, and
//! `packet_train_probe` observes the arrival of its first packets. `probe` and `fetch_text` are whole
//! operations without a download.

pub(crate) mod authenticated_request;
pub(crate) mod authorization;
pub(crate) mod body_decoder;
pub(crate) mod body_reader;
pub(crate) mod cookie_file;
pub(crate) mod fetch_beside;
pub(crate) mod fetch_text;
pub(crate) mod identity_request;
pub(crate) mod metadata_request;
pub(crate) mod netrc;
pub(crate) mod netrc_file;
pub(crate) mod packet_train_probe;
mod page_guard;
pub(crate) mod range_refusal;
pub(crate) mod request_with_redirects;
pub(crate) mod request_without_ureq;
