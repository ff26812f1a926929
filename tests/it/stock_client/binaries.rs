//! Files that are no text: the key of one may be that of another.

use crate::common::stock::Stock;

/// Two images with the same length and, as both are no UTF-8, the same key.
const LOGOS: [&[u8]; 2] = [b"\x89PNG\xff\xfe one", b"\x89PNG\xfe\xff one"];

#[test]
fn each_version_of_a_binary_comes_back_though_their_keys_are_equal() {
    let Some(stock) = Stock::new() else { return };
    let logo = |bytes| stock.project.write("assets/logo.png", bytes);
    let read = || std::fs::read(stock.project.path("assets/logo.png")).unwrap();
    for bytes in LOGOS {
        logo(bytes);
        stock.ok("push backup --force --fresh");
    }
    for (version, bytes) in [(1, LOGOS[0]), (2, LOGOS[1]), (1, LOGOS[0])] {
        stock.ok(&format!("source rollback --version {version} --force"));
        assert_eq!(read(), bytes);
    }
    // After a compile the command sends binaries as text: what is known is not replaced by it.
    stock.ok("compile");
    stock.ok("push backup --force");
    stock.ok("source rollback --version 6 --force");
    assert_eq!(read(), LOGOS[0]);
    // Two files of one push with the same key: the one is the text of the other.
    stock.project.write("assets/a.bin", b"\xff");
    stock.project.write("assets/b.bin", "\u{fffd}");
    let refused = stock.lua("push backup --force --fresh");
    assert_eq!(refused.code, 1, "{refused}");
    assert!(
        refused.stderr.contains("assets/a.bin") && refused.stderr.contains("assets/b.bin"),
        "{refused}"
    );
}
