//! Disturbances at every request of a push, a promotion and an abort, on each platform that may be the real one.
//!
//! On the default platform each disturbance happens at each request. On each other one, each request has one: in turn, so
//! that each disturbance happens on each platform. `LUA_STORE_SEED=N` begins the turn elsewhere. `LUA_STORE_EVERY=request` has
//! each of them at each request on each platform, `LUA_STORE_EVERY=change` at each request that changes something, and `LUA_STORE_CASE=TEXT` only the cases whose names contain the text.

mod acts;
mod cases;
mod end;
mod matrix;
mod prepared;

pub use end::{End, check_sound, check_whole};
