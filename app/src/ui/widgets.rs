//! The pieces that screens are made of.

pub(crate) mod bar;
pub(crate) mod controls;
pub(crate) mod icon;
pub(crate) mod segment_map;
pub(crate) mod source_form;
