//! Accepts connections: the listening socket and the threads that accept and serve.

pub(crate) mod acceptor;
pub(crate) mod fd_limit;
pub(crate) mod leader_followers;
