//! The callback for changes of a server's statistics.

use std::fmt;
use std::sync::Arc;

/// A function that is called when a connection was opened or closed, from any thread. It must not
/// block.
#[derive(Clone)]
pub struct ChangeCallback(pub Arc<dyn Fn() + Send + Sync>);

impl fmt::Debug for ChangeCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChangeCallback")
    }
}
