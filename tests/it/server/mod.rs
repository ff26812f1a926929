//! The server, asked by hand.

mod access;
mod docs;
mod exchange;
mod http;
mod limits;
mod start;
mod stop;
mod tls;
mod tokens;
