//! The remote store as its users see it: uploads, transactions, races, upkeep.

pub mod agent;
mod merged;
mod model;
mod pages;
mod race;
mod rot;
mod rules;
mod stage;
mod thin_packs;
mod tiers;
mod transact;
mod upkeep;
