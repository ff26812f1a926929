//! The one integration test binary: everything a user sees, seen through the program itself.

#![allow(clippy::disallowed_methods, reason = "tests write the files that a user would")]

mod bad_files;
mod bombs;
#[cfg(target_os = "linux")]
mod browser;
mod bundle;
mod ci;
mod comments;
mod common;
mod compile;
mod completing;
mod counted;
mod crash;
mod damage;
mod demo;
mod diffs;
mod dist;
mod docs;
mod doctor;
mod dropped;
mod embed;
#[cfg(unix)]
mod engine;
mod escaping;
mod file_history;
mod flow;
mod forget;
mod format;
mod formulas;
mod fsck;
mod git;
mod golden;
mod grammar;
mod heal;
mod help;
mod history;
mod ignored;
mod init;
mod kinds;
mod looked;
mod lost;
mod manners;
mod markers;
mod merging;
mod names;
mod nested;
#[cfg(unix)]
mod npm;
mod objects;
mod odd_systems;
mod op_log;
mod opened;
mod pages;
mod parts;
mod persona;
mod plain_english;
mod platform;
mod plumbing;
mod poison;
mod pull;
mod push;
mod race;
mod reach;
mod reached;
mod refusals;
mod remote;
mod remote_store;
mod restoring;
mod saving;
mod secrets;
mod server;
mod sources;
mod start;
#[cfg(target_os = "linux")]
mod static_linux;
mod stock;
mod stock_client;
mod stock_faults;
mod stock_options;
mod stock_people;
#[cfg(target_os = "linux")]
mod systems;
mod terminal;
mod third_party;
mod tidy;
#[cfg(unix)]
mod ui;
mod undo;
mod unread;
mod unreadable;
mod versions;
mod vocabulary;
mod words;
