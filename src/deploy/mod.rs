//! Deployment to the Lua platform: what a push and a promotion send there, in an order in which nothing is live that no
//! version contains, and what is done when it breaks in the middle.
//!
//! `docs/platform.md` has the order and the reasons.

mod adoption;
mod after_switch;
mod back;
mod backup;
pub mod backup_body;
mod code;
mod deployment;
mod journal;
mod numbers;
mod open;
mod options;
mod parts;
mod plan;
mod preconditions;
mod primitives;
mod promotion;
mod read_scope;
mod remote;
mod settings;
pub mod skill_yaml;
mod switch;
mod transaction;
mod unversioned;
mod voices;
mod yaml;

pub use open::OpenDeployment;
pub use options::DeployOptions;
pub use read_scope::ReadScope;
pub use remote::PlatformRemote;
