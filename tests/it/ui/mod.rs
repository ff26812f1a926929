//! `lua-store ui`: the pages of a project on this machine, who gets in, what they change, and when they end.

mod acts;
mod ends;
mod enters;
mod started;
