//! aria2's JSON-RPC, so that browser extensions, front ends and scripts for aria2 work with Lanes: with the headless
//! daemon of `lanes serve`, and with the window.
//!
//! Start with [`backend`], then [`daemon`] or [`window`]. From the socket to the engine:
//!
//! | file | does |
//! |---|---|
//! | [`listen`], [`port_holder`], [`acceptor`] | bind the addresses; accept connections, one thread each |
//! | [`http_connection`], [`http_request`], [`query`], [`websocket`] | turn bytes into calls, within limits |
//! | [`service`], [`access`] | the downloads as connections see them; refuses web pages and foreign host names |
//! | [`json_rpc`], [`params`], [`methods`] | check the token, call the method |
//! | [`backend`] | the calls that daemon and window answer |
//! | [`server`], [`daemon`], [`queue`], [`job`] | the daemon: decide which downloads run |
//! | [`window`] | the window: shows the downloads of its engine, and asks the user |
//! | [`options`], [`download_spec`], [`metalink_entries`], [`save_root`], [`target`] | turn options into a download within the chosen folder |
//! | [`status`], [`notify`] | tell clients about downloads |
//! | [`state_file`], [`daemon_file`] | keep the queue over restarts; let commands find the daemon |
//!
//! aria2's names, texts and HTTP statuses are kept where clients depend on them.

mod acceptor;
mod access;
mod backend;
mod daemon;
pub(crate) mod daemon_file;
mod download_spec;
mod gid;
mod http_connection;
mod http_request;
mod job;
mod json_rpc;
pub(crate) mod listen;
mod metalink_entries;
mod methods;
mod notify;
mod options;
mod params;
mod port_holder;
mod query;
mod queue;
mod rpc_error;
mod save_root;
pub(crate) mod server;
mod service;
mod session_id;
mod state_file;
mod status;
mod stop_signal;
mod target;
mod websocket;
pub(crate) mod window;

pub(crate) use access::Access;
