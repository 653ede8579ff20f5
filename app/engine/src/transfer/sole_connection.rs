//! The only connection of a transfer, where the source provides the file only as a whole.

use super::shared::Transfer;

impl Transfer {
    /// Makes connection `index` the only one, if no other is. Returns whether it is.
    pub fn claim_sole_connection(&self, index: usize) -> bool {
        let is_sole = *self.context.sole_connection.get_or_init(|| index) == index;
        self.scheduler.notify_all();
        is_sole
    }
}
