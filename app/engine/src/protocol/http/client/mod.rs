//! Sends requests and reads responses.
//!
//! `request` sends one request through ureq, follows redirects and checks the response;
//! `keep_alive_request` is its fast path. `body_reader` reads the body, past ureq where its length
//! is known. `probe` and `fetch_text` are whole operations without a download.

pub(crate) mod body_reader;
pub(crate) mod fetch_text;
pub(crate) mod keep_alive_request;
pub(crate) mod netrc;
pub(crate) mod packet_train_probe;
pub(crate) mod probe;
pub(crate) mod request;
