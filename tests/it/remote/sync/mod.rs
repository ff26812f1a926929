//! `sync`: drift in the words of the stock command, and both ways out of it.

mod accept;
mod check;
mod live;
