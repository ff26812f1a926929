//! The stock command `lua`, unmodified, with this server: what it prints, its exit codes, and what it writes.

#![cfg(unix)]

mod refused;
