//! `version`: the whole life of versions, in the words of the stock command.

mod at_once;
mod create;
mod look;
mod pointer;
mod undelete;
