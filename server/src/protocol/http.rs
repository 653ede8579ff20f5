//! HTTP/1.1 and HTTP/1.0 on the same port as the Lanes protocol: GET and HEAD, so that any HTTP
//! client can be tested over the same emulated link.

pub mod codec;
mod connection;
mod index_page;
mod rejection;
mod resource;

pub(super) use connection::serve;
pub(super) use rejection::rejection;
