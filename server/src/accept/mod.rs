//! Accepting connections: the listening socket and the threads that serve them.

pub(crate) mod acceptor;
pub(crate) mod fd_limit;
pub(crate) mod leader_followers;
