//! Tests of the window: each drives the screens by clicks and keys and reads them back.
//! The engine and the server behind them are real; the server listens on a free port.

mod all_screens;
mod browser;
mod class;
#[allow(
    clippy::unwrap_used,
    dead_code,
    reason = "shared with the tests of lanes serve"
)]
#[path = "../rpc/client.rs"]
mod client;
mod compare;
mod compare_experiments;
mod compare_link;
mod compare_url;
mod compare_views;
mod downloads;
mod first_start;
mod handed_links;
mod harness;
mod history;
mod http_links;
mod lessons;
mod link_patterns;
mod list_actions;
mod lists;
mod metalink;
mod other_programs;
mod queue;
mod race;
mod replay;
mod running_limits;
mod server;
mod settings;
mod table;
mod times;
mod trash;
mod unfinished_file;
