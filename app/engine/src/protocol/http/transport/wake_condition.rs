//! A condition that a blocked read polls. It ends the read early, because the connection that this one stands
//! in for has received bytes again.

use std::fmt;
use std::sync::Arc;

/// A condition that may be shared by the waits of one connection.
#[derive(Clone, Default)]
pub(crate) struct WakeCondition(Option<Arc<dyn Fn() -> bool + Send + Sync>>);

impl WakeCondition {
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

impl fmt::Debug for WakeCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WakeCondition({})", self.is_set())
    }
}
