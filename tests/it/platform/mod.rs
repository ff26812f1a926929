//! The Lua platform as a remote: a stub of it, the real `lua` command against the stub, and this program.

#[cfg(unix)]
mod backups;
#[cfg(unix)]
mod bodies;
mod changes;
#[cfg(unix)]
mod compiling;
mod deployed;
mod imported;
#[cfg(unix)]
mod kill;
mod runbook;
#[cfg(unix)]
mod skill_yaml;
#[allow(dead_code, reason = "the program that measures uses other parts of it than the tests")]
pub mod stub;
#[cfg(unix)]
mod stub_by_command;
mod stub_by_hand;
