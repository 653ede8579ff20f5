//! The addresses of the interface.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use super::port_holder::{self, PortHolder};

/// Default address: that of aria2.
pub(crate) const DEFAULT_ADDRESS: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 6800);
/// Default address of Motrix, where some clients look.
pub(crate) const MOTRIX_ADDRESS: SocketAddr =
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 16800);

/// Reason why an address cannot be listened at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ListenError {
    /// The address is in use.
    #[error("{address} is in use by {holder}")]
    InUse {
        /// The address.
        address: SocketAddr,
        /// The program that answers there.
        holder: PortHolder,
    },
    /// The address cannot be used.
    #[error("cannot listen at {address}: {error}")]
    Failed {
        /// The address.
        address: SocketAddr,
        /// Reason.
        error: io::Error,
    },
}

/// Listens at an address. If another program does, it is asked for its name, which takes a second at most.
///
/// # Errors
/// See [`ListenError`].
pub(crate) fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => ListenError::InUse {
            address,
            holder: port_holder::find(address),
        },
        _ => ListenError::Failed { address, error },
    })
}
