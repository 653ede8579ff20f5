//! The Lanes protocol, client side.
