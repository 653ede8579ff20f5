//! The window's screens on the program's real state: a real engine, a real server on a free port,
//! and what a person would click, type and read.

mod all_screens;
mod compare;
mod compare_experiments;
mod compare_link;
mod compare_url;
mod compare_views;
mod downloads;
mod first_start;
mod harness;
mod history;
mod http_links;
mod metalink;
mod server;
mod settings;
mod table;
