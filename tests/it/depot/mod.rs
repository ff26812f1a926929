//! The depot as its users see it: uploads, transactions, races, upkeep.

pub mod agent;
mod model;
mod race;
mod stage;
mod transact;
mod upkeep;
