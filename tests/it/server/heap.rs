//! The heap of the server: what many threads at once leave behind.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

use crate::common::Project;
use crate::common::http::Wire;
use crate::common::server::{Server, bearer};

/// Alignment and size of a further arena: the allocator reserves room for it in these units.
const ARENA: u64 = 64 << 20;

/// So many uploads of one token are let in at once, each on a thread of its own.
const UPLOADS: usize = 16;

/// Maps that are an arena's: what is used of it, and the rest, which may not be touched.
fn arenas(maps: &str) -> usize {
    let parse = |line: &str| {
        let (range, rest) = line.split_once(' ')?;
        let (start, end) = range.split_once('-')?;
        let number = |text| u64::from_str_radix(text, 16).ok();
        Some((number(start)?, number(end)?, rest[..4].to_owned()))
    };
    let maps: Vec<_> = maps.lines().filter_map(parse).collect();
    let is_arena = |pair: &&[(u64, u64, String)]| {
        let ((start, middle, used), (from, end, rest)) = (&pair[0], &pair[1]);
        start % ARENA == 0
            && middle == from
            && end - start == ARENA
            && used == "rw-p"
            && rest == "---p"
    };
    maps.windows(2).filter(is_arena).count()
}

#[test]
fn threads_share_an_arena_for_each_processor() {
    let project = Project::new();
    let server = Server::start(&project, "");
    let header = bearer(&server.token(&project, "shop", "push"));
    let header = format!("{header}Upload-Offset: 0\r\nUpload-Length: 1000\r\n");
    let mut wires = Vec::new();
    for number in 0..UPLOADS {
        let mut wire = Wire::new(server.connect());
        wire.head("PATCH", &format!("/shop/packs/{number:064x}"), &header, 1000);
        wire.raw(&[1; 300]);
        wires.push(wire);
    }
    server.wait_for("lua_store_uploads", UPLOADS as u64);
    let processors = std::thread::available_parallelism().unwrap().get();
    let found = arenas(&server.maps());
    // The first arena is elsewhere.
    assert!((1..processors.clamp(2, 8)).contains(&found), "{found} arenas: {}", server.maps());
}
