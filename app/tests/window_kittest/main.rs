//! The window's screens on the program's real state: a real engine, a real server on a free port,
//! and what a person would click, type and read.

mod compare;
mod compare_kept;
mod compare_link;
mod compare_url;
mod compare_views;
mod downloads;
mod everywhere;
mod first_start;
mod harness;
mod history;
mod metalink;
mod server;
mod settings;
mod table;
mod web;
