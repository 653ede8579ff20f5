//! Sends requests and reads responses.
//!
//! `request` follows redirects and checks the response; `exchange` sends one request through ureq, with
//! cookies and logins; `authorization` chooses its credentials, from `netrc` among others.
//! `keep_alive_request` is its fast path. `identity_request` repeats it if the response is encoded, and
//! `page_guard` recognizes web pages in place of the file. `body_reader` reads the body, past ureq where
//! its length is known; `body_decoder` undoes its coding. `probe` and `fetch_text` are
//! whole operations without a download.

pub(crate) mod authorization;
pub(crate) mod body_decoder;
pub(crate) mod body_reader;
pub(crate) mod cookie_file;
pub(crate) mod exchange;
pub(crate) mod fetch_text;
pub(crate) mod identity_request;
pub(crate) mod keep_alive_request;
pub(crate) mod netrc;
pub(crate) mod netrc_file;
pub(crate) mod packet_train_probe;
pub(crate) mod page_guard;
pub(crate) mod probe;
pub(crate) mod range_refusal;
pub(crate) mod request;
