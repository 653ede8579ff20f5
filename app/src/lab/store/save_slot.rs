//! The file of one group of experiments, which several jobs save.

use std::sync::{Mutex, PoisonError};

use super::experiment_store::{ExperimentStore, StoreError};
use crate::lab::export::ExperimentGroup;

/// The name of the file, once the experiments are saved.
///
/// Experiments are saved when they end, and again when the user names them, which may be before the first job
/// has written its file. Jobs with the same slot run one after the other, and share one file.
#[derive(Debug, Default)]
pub struct SaveSlot(Mutex<Option<String>>);

impl SaveSlot {
    /// Returns the slot of experiments that are saved in `file`; an empty name is none.
    pub fn of(file: String) -> Self {
        Self(Mutex::new(Some(file).filter(|file| !file.is_empty())))
    }

    /// Saves experiments in `store`, or gives their file the name of `group` if they are saved. Without a name,
    /// saved ones stay as they are. Returns the file, or `None` if nothing was changed.
    ///
    /// # Errors
    /// As [`ExperimentStore::save`] and [`ExperimentStore::rename`].
    pub fn save(
        &self,
        store: &ExperimentStore,
        group: &ExperimentGroup,
    ) -> Result<Option<String>, StoreError> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*file {
            Some(_) if group.name.is_empty() => return Ok(None),
            Some(file) => store.rename(file, &group.name)?,
            None => *file = Some(store.save(group)?),
        }
        Ok(file.clone())
    }
}
