//! The worker of one connection to a web server: fetches ranges of one file.
//!
//! Start at `permit_loop`: it waits for a permit (`admission`), takes a connection from
//! the pool or prepares one, and runs a `range_worker` over it. `first_request` learns the length
//! of the file, `body_writer` copies bodies into it, `unknown_length` handles files without a
//! length, `range_trial` servers that may not serve ranges. `byte_comparison` fetches present bytes again,
//! for `other_version`, `mirror_comparison` and the `final_look`.

mod admission;
mod body_writer;
mod byte_comparison;
mod error_mapping;
mod expectations;
pub(crate) mod final_look;
mod first_request;
mod mirror_comparison;
mod other_version;
pub(crate) mod permit_loop;
mod range_trial;
mod range_worker;
mod unknown_length;
