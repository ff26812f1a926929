//! A stub of the Lua platform with a long history, for measurements: it prints the address and the key, and runs until its
//! stdin ends. After each line it prints the number of requests since the line before.
//!
//! `cargo bench --bench platform_stub -- --versions 500 --backups 500 --blobs 1600 --delay-ms 50`

#![allow(clippy::print_stdout, reason = "its output is for the program that measures")]
#![allow(clippy::disallowed_methods, reason = "it reads files as a test does")]

#[allow(dead_code, unused_imports, reason = "the tests use more of it")]
#[path = "../tests/it/platform/stub/mod.rs"]
mod stub;

use std::io::BufRead;
use std::time::Duration;
use stub::{At, Fault, Platform, Seed};

const AGENT: &str = "agent_seeded";

fn main() {
    let mut seed = Seed::default();
    let mut delay = 0;
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    for pair in words.chunks(2) {
        let number = pair.get(1).and_then(|word| word.parse().ok());
        let number: u64 = number.unwrap_or_else(|| panic!("{} needs a number", pair[0]));
        match pair[0].as_str() {
            "--versions" => seed.versions = number,
            "--backups" => seed.backups = number,
            "--blobs" => seed.blobs = number,
            "--files" => seed.files = number,
            "--delay-ms" => delay = number,
            other => panic!("unknown option {other}"),
        }
    }
    let platform = Platform::start(AGENT);
    platform.seed(AGENT, &seed);
    if delay > 0 {
        platform.on(At::all(), Fault::Delay(Duration::from_millis(delay)));
    }
    println!("address {}", platform.address(AGENT));
    println!("key {}", platform.key());
    println!("{seed:?}");
    for line in std::io::stdin().lock().lines() {
        if line.is_err() {
            break;
        }
        println!("requests {}", platform.requests().len());
        platform.reset_requests();
    }
}
