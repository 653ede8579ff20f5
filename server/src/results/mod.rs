//! The results of a class: what its clients measured on this server.

pub(crate) mod collected_result;
pub(crate) mod collection;
pub(crate) mod csv;
pub(crate) mod result_file;
