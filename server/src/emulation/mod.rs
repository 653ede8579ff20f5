//! The emulated link in real time: bytes leave when TCP over the link would have brought them.
//!
//! 1. The connections that say hello with the same session id share one [`Path`] and one thread,
//!    `pacer`, which runs the path by the clock and grants each connection what the client would
//!    have by now. Sessions know nothing of each other.
//! 2. A connection's own thread produces bytes as it does without a link, into a send buffer that
//!    is bounded as a kernel's is ([`buffer`]). A second thread, `pace-N`, writes what was granted,
//!    so that a client that reads slowly holds up no connection but its own.
//! 3. Deadlines are absolute: a thread that wakes late does all that was due, and the path's own
//!    clock is not the wall's, so nothing adds up. How late bytes were is kept ([`lateness`]).
//! 4. A connection is a flow of the path from the moment its first bytes of a file are asked for:
//!    their offset is the flow's key, so that a seed loses the same packets whatever order
//!    connections come in. What was answered before that goes through the flow too.
//! 5. When the server stops, what waits is let go at once: no goodbye waits for a slow link.
//!
//! [`Path`]: lanes_shared::link::Path

pub(crate) mod buffer_limits;
pub(crate) mod flow_guard;
pub(crate) mod lateness_histogram;
pub(crate) mod link_policy;
pub(crate) mod pace_loop;
pub(crate) mod send_buffer;
mod session;
pub(crate) mod session_registry;
pub(crate) mod session_state;

pub(crate) use self::flow_guard::FlowGuard;
pub(crate) use self::link_policy::LinkPolicy;
pub(crate) use self::session_registry::SessionRegistry;
