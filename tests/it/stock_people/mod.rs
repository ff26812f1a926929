//! People with the stock command at one agent: what their requests cost, and that many at once lose nothing.

mod costs;
mod person;
mod together;
