//! Requests to the store of saved experiments, and its replies.

use crate::lab::export::Kept;
use crate::lab::shelf::Contents;

/// What the screen asks of the shelf.
#[derive(Debug)]
pub(crate) enum StoreRequest {
    /// Say what is there.
    List,
    /// Keep the experiments at hand under this name.
    Save(String),
    /// Show these instead of those at hand.
    Open(String),
    /// Lay these over those at hand.
    AddOverlay(String),
    /// Give these a name.
    Rename(String, String),
    /// Remove these.
    Remove(String),
    /// Show those of a file anywhere, its path as it was typed.
    Import(String),
}

/// What came of it.
pub(crate) enum StoreReply {
    /// What is there now.
    Contents(Contents),
    /// Those at hand are kept: their file, their name, and what is there now.
    Saved(String, String, Contents),
    /// These are to be shown; the file is empty where they are not on the shelf.
    Opened(String, Kept),
    /// These are to be laid over those at hand.
    OverlayOpened(String, Kept),
}
