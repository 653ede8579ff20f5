//! `lanes serve`: a headless daemon that speaks aria2's JSON-RPC, so that browser extensions, front ends and
//! scripts for aria2 work with Lanes.
//!
//! Start with [`server`], then [`daemon`]. From the socket to the engine:
//!
//! | file | does |
//! |---|---|
//! | [`server`] | accepts connections, one thread each |
//! | [`http_connection`], [`http_request`], [`query`], [`websocket`] | turn bytes into calls, within limits |
//! | [`service`], [`access`] | the daemon as connections see it; refuses web pages and foreign host names |
//! | [`json_rpc`], [`params`], [`methods`] | check the token, call the method |
//! | [`daemon`], [`queue`], [`job`] | decide which downloads run |
//! | [`options`], [`download_spec`], [`save_root`] | turn options into a download within the chosen folder |
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
