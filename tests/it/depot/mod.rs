//! The depot as its users see it: uploads, transactions, races, upkeep.

mod agent;
mod transact;
