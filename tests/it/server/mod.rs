//! The server, asked by hand.

mod access;
mod admin;
mod agents;
mod backup;
mod client;
mod damaged;
mod disk;
mod docs;
mod exchange;
mod heap;
mod hot;
mod http;
mod limits;
mod proxies;
mod receipts;
mod refused;
mod sockets;
mod start;
mod stock_routes;
mod stop;
mod tenants;
mod tls;
mod tokens;
mod upgrade;
mod upkeep;
mod watch;
