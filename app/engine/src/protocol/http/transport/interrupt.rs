//! A condition that ends the waits of a connection early: another connection has brought bytes.

use std::fmt;
use std::sync::Arc;

/// A condition that may be shared by the waits of one connection.
#[derive(Clone, Default)]
pub(crate) struct Interrupt(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

impl Interrupt {
    /// Creates an interrupt that ends waits while `holds` returns true.
    pub fn new(holds: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(holds)))
    }

    /// Returns whether there is a condition.
    pub fn is_set(&self) -> bool {
        self.0.is_some()
    }

    /// Returns whether a wait ends now.
    pub fn holds(&self) -> bool {
        self.0.as_ref().is_some_and(|holds| holds())
    }
}

impl fmt::Debug for Interrupt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Interrupt({})", self.is_set())
    }
}
