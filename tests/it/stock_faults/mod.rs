//! The routes of the stock command when something breaks: the server dies, the client goes away, the disk is full, a
//! body is wrong.
//!
//! The requests are those that the real command sent (`tests/fixtures/stock-client`), played without it. Each fault
//! must end in the answers and the state of a story that nothing disturbed.

mod bodies;
mod calls;
mod disk;
mod killed;
mod place;
mod played;
mod rerun;
mod stopped;
mod story;
mod together;
