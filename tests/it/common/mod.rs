//! Parts that every test of the binary shares: a project of its own, and one snapshot per command.

pub mod answer;
#[cfg(unix)]
pub mod balancer;
#[cfg(unix)]
pub mod bucket;
pub mod faults;
pub mod http;
pub mod narrow;
#[cfg(unix)]
pub mod postgres;
mod project;
#[allow(dead_code, reason = "for the tests of servers")]
pub mod proxy;
pub mod raw;
pub mod recorder;
pub mod server;
pub mod shop;
pub mod skip;
#[cfg(unix)]
pub mod small_disk;
#[cfg(unix)]
pub mod stock;
pub mod stub;

pub use project::{NOW, Outcome, Project, list_of};
