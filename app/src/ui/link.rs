//! Choosing an emulated link and editing it: for an experiment, and for the local server.

pub(crate) mod editor;
pub(crate) mod form;
pub(crate) mod picker;
mod picture;
