//! Files whose length is known only at the end of their only response.

use super::shared::Transfer;
use crate::model::outcome::FetchError;
use crate::model::resource_info::ResourceInfo;
use crate::storage::download_file::OpenDownload;
use crate::storage::part_store;
use crate::storage::part_store::PartStore;

impl Transfer {
    /// Makes connection `index` the only one, if no other is. Returns whether it is.
    pub fn claim_sole_connection(&self, index: usize) -> bool {
        let is_sole = *self.plan.sole_connection.get_or_init(|| index) == index;
        self.scheduler.notify_all();
        is_sole
    }

    /// Creates the part file for a response without a length, and makes connection `index` the only
    /// one.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn begin_unknown_length(
        &self,
        index: usize,
        name: Option<&str>,
    ) -> Result<PartStore, FetchError> {
        self.claim_sole_connection(index);
        let target = self.choose_target(name);
        Ok(part_store::create_named(&target, 0)?)
    }

    /// Accepts a file that connection `index` has received as a whole.
    ///
    /// # Errors
    /// The file has too many packets.
    pub fn finish_unknown_length(
        &self,
        index: usize,
        storage: PartStore,
        info: ResourceInfo,
    ) -> Result<(), FetchError> {
        let hash = self.wants_hash(false);
        let number = index as u16 + 1;
        let (active, groups) = OpenDownload::complete(storage, info, hash, number)?;
        let mut ranges = self.scheduler.lock();
        let granule = active.info.packet_len.into();
        ranges.begin_gaps(Vec::new(), granule, self.counters.connections().len());
        self.publish(active, groups);
        Ok(())
    }
}
