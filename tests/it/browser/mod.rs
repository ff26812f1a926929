//! Pages in a browser: Debian's Chromium without a window. Each test has a server and a browser of its own.

mod driver;
mod keys;
mod look;
mod sample;
mod seen;
mod story;
