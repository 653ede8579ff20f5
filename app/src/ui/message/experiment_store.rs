//! Requests to the store of saved experiments, and its replies.

use crate::lab::export::ExperimentGroup;
use crate::lab::store::experiment_store::StoreContents;

/// A request to the experiment store. Strings are file names in the store unless stated otherwise.
#[derive(Debug)]
pub(crate) enum StoreRequest {
    /// Lists the saved experiments.
    List,
    /// Saves the current experiments under this name.
    Save(String),
    /// Opens saved experiments in place of the current ones.
    Open(String),
    /// Overlays saved experiments on the current ones, or removes that overlay.
    AddOverlay(String),
    /// Renames saved experiments: file and new name.
    Rename(String, String),
    /// Removes saved experiments.
    Remove(String),
    /// Opens experiments from any file; the path as typed.
    Import(String),
}

/// A reply of the experiment store.
pub(crate) enum StoreReply {
    /// The saved experiments.
    Contents(StoreContents),
    /// The current experiments are saved: their file, their name and the store's contents.
    Saved(String, String, StoreContents),
    /// Experiments to show; the file name is empty if they are not in the store.
    Opened(String, ExperimentGroup),
    /// Experiments to overlay on the current ones.
    OverlayOpened(String, ExperimentGroup),
}
