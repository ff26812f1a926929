//! The one integration test binary: everything a user sees, seen through the program itself.

#![allow(clippy::disallowed_methods, reason = "tests write the files that a user would")]

mod bad_files;
mod bombs;
mod bundle;
mod common;
mod compile;
mod completing;
mod crash;
mod damage;
mod demo;
mod depot;
mod dist;
mod docs;
mod dropped;
mod escaping;
mod format;
mod fsck;
mod git;
mod golden;
mod heal;
mod history;
mod init;
mod lost;
mod manners;
mod names;
mod objects;
mod odd_systems;
mod persona;
mod plumbing;
mod pull;
mod push;
mod race;
mod reach;
mod reached;
mod remote;
mod saving;
mod secrets;
mod server;
mod sources;
mod stock;
mod terminal;
mod tidy;
mod unread;
mod versions;
mod words;
