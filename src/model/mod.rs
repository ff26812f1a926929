//! Agents as data: kinds, items, names, numbers, and the agent as it was read.

pub mod agent;
pub mod item;
pub mod json;
pub mod kind;
pub mod names;
pub mod numbers;
