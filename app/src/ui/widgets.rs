//! Widgets shared by the screens.

pub(crate) mod arrivals;
pub(crate) mod axes;
pub(crate) mod bar;
pub(crate) mod chart;
pub(crate) mod controls;
pub(crate) mod count;
pub(crate) mod icon;
pub(crate) mod interfaces;
pub(crate) mod modal;
pub(crate) mod packet_picture;
pub(crate) mod rate_chart;
pub(crate) mod rate_limit;
pub(crate) mod segment_map;
pub(crate) mod sort_head;
pub(crate) mod source_form;
pub(crate) mod splitter;
pub(crate) mod ticks;
pub(crate) mod time_lines;
