//! Selecting and editing an emulated link, for experiments and for the local server.

pub(crate) mod editor;
pub(crate) mod form;
pub(crate) mod picker;
mod picture;
