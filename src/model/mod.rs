//! Model: an agent as data, with the table of kinds, names, numbers and canonical JSON. Lowest of
//! the rooms that know agents; it reads and writes no file.

pub mod agent;
pub mod item;
pub mod json;
pub mod kind;
pub mod kind_routes;
pub mod names;
pub mod numbers;
