//! Whoever wants to know that the server's numbers have changed.

use std::fmt;
use std::sync::Arc;

/// Called, from any thread, when a connection has opened or closed. It must return at once.
#[derive(Clone)]
pub struct ChangeCallback(pub Arc<dyn Fn() + Send + Sync>);

impl fmt::Debug for ChangeCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChangeCallback")
    }
}
