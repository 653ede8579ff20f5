//! HTTP and HTTPS, client side: any file that a web server gives.
//!
//! 1. The probe is the first real request (`bytes=0-`): what it brings is kept. Its head tells the
//!    length, whether parts can be asked for, and the validators that every later answer must have.
//! 2. What may count as an answer is decided in one place (`answer`), without any I/O.
//! 3. An agent a worker: a connection is a connection, and is made by this module's own connector,
//!    so that another thread can shut it.

pub(crate) mod client;
pub(crate) mod parse;
pub(crate) mod transport;
pub(crate) mod worker;

pub(crate) use self::client::probe::probe;
pub use self::transport::pool::ConnectionPool;
