//! Emulates a network link in real time: bytes leave the server when TCP would deliver them over
//! that link.
//!
//! 1. Connections whose hello carries the same session id share one [`Path`] and one thread,
//!    `pacer`. It advances the path to the current time and grants each connection the bytes that
//!    have arrived at the client by then. Sessions are independent of each other.
//! 2. The serving thread of a connection produces bytes into a [`send_buffer`], which is bounded as
//!    a kernel's is. A second thread, `pace-N`, writes the granted bytes, so that a slow reader
//!    blocks only its own connection.
//! 3. Deadlines are absolute: a thread that wakes late handles everything that is due, and the path
//!    has a clock of its own, so that delays do not add up. A [`lateness_histogram`] records them.
//! 4. A connection becomes a flow of the path with its first request for bytes of a file. Their
//!    offset is the key of the flow, so that a seed loses the same packets in whatever order
//!    connections arrive. Replies from before that request go through the flow, too.
//! 5. A path is created outside the locks that sessions share, and background traffic warms up in
//!    one path at a time, in the [`warm_up_queue`]. The lock of a session is held for a bounded
//!    number of packets.
//! 6. A client that is gone is detected while it waits for grants, and a session whose link
//!    delivers nothing for [`Timeouts::link`] ends.
//! 7. A [`capture`] keeps the packets of all sessions, if the server has one.
//! 8. When the server stops, pending bytes are written at once: the shutdown does not wait for a
//!    slow link.
//!
//! [`Path`]: lanes_shared::link::Path
//! [`Timeouts::link`]: crate::Timeouts::link

mod buffer_limits;
pub(crate) mod capture;
pub(crate) mod error;
pub(crate) mod flow_guard;
mod lateness_histogram;
pub(crate) mod link_policy;
mod pace_loop;
mod send_buffer;
pub(crate) mod session;
pub(crate) mod session_registry;
mod session_state;
mod warm_up_queue;
mod writer;
