//! Creates and completes a file whose length is known only at the end of its only response.

use super::shared::Transfer;
use crate::model::checksum::Checksum;
use crate::model::outcome::FetchError;
use crate::model::resource_info::ResourceInfo;
use crate::storage::open_download::OpenDownload;
use crate::storage::part_store;
use crate::storage::part_store::PartStore;

impl Transfer {
    /// Creates the file for a response without a length, and makes connection `index` the only one.
    /// `name` and `checksum` are those of the response.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn create_unsized(
        &self,
        index: usize,
        name: Option<&str>,
        checksum: Option<&Checksum>,
    ) -> Result<PartStore, FetchError> {
        self.claim_sole_connection(index);
        if self.context.is_stream {
            return self.take_stream(self.wants_hash(false), checksum.cloned());
        }
        let target = self.choose_target(name);
        // It has no name until it is complete: nothing shows where a later attempt could resume.
        Ok(part_store::create(&target, None, false)?)
    }

    /// Accepts a file that connection `index` has received as a whole.
    ///
    /// # Errors
    /// The file has too many packets.
    pub fn finish_unsized(
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
