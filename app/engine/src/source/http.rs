//! HTTP and HTTPS, client side: any file that a web server gives.
//!
//! 1. The probe is the first real request (`bytes=0-`): what it brings is kept. Its head tells the
//!    length, whether parts can be asked for, and the validators that every later answer must have.
//! 2. What may count as an answer is decided in one place (`answer`), without any I/O.
//! 3. An agent a worker: a connection is a connection, and is made by this module's own connector,
//!    so that another thread can shut it.

mod again;
mod agent;
mod answer;
mod beginning;
mod body;
mod buffers;
mod content_range;
mod cut;
mod dialer;
mod digest_header;
mod disposition;
pub(crate) mod document;
mod fetch;
mod kept;
mod line;
mod netrc;
mod plain;
mod probe;
mod reading;
mod reasons;
mod retry_after;
mod secure;
mod session;
mod socket;
mod spool;
mod told;
mod transport;
pub(crate) mod trust;
mod turn;
pub(crate) mod visit;
mod watch;

pub use self::kept::Kept;
pub(crate) use self::probe::probe;
pub use crate::model::http_options::{Auth, HttpOptions, ProxyChoice};
pub use crate::model::http_url::HttpUrl;
pub(crate) use crate::scheduling::mirror::Site;
pub(crate) use crate::scheduling::mirror_set::Sites;
