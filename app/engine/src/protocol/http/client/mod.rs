//! Sends requests and reads responses.

pub(crate) mod body_reader;
pub(crate) mod fetch_text;
pub(crate) mod keep_alive_request;
pub(crate) mod netrc;
pub(crate) mod packet_train_probe;
pub(crate) mod probe;
pub(crate) mod request;
