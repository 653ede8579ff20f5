//! The worker of one connection to a web server: fetches ranges of one file.
//!
//! Start at `permit_loop`: it waits for a permit (`permit_wait`), takes a connection from the pool or prepares
//! one (`server_connection`), learns the length of the file (`first_request`), and runs a `range_worker`.
//!
//! - `next_task` assigns a range, `range_response` requests it, and `body_receiver` writes it, through a
//!   `body_writer`. If nothing arrives any more, a `second_request` beside it may continue the file.
//! - `range_fallback` and `whole_file` are for servers that may not serve ranges, `unsized_body` for files
//!   without a length.
//! - `comparison_request` fetches present bytes again, for `mirror_comparison` before the first range of a
//!   mirror, for `other_version` when the validators change, and for the `revalidation` after the last byte.
//! - `error_mapping` decides about retries; `expectations` tell a file from a web page in its place.

mod body_receiver;
mod body_writer;
mod comparison_request;
mod error_mapping;
pub(crate) mod final_recheck;
mod first_request;
mod hedged_request;
mod mirror_comparison;
mod next_task;
mod other_version;
pub(crate) mod permit_loop;
mod permit_wait;
mod positioned_body;
mod range_fallback;
mod range_request;
mod range_worker;
mod server_connection;
mod unsized_body;
mod web_page_hints;
mod whole_file;
