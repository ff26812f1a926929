//! `push`: what goes there, and that nobody notices it.

use super::{AGENT, Shop};
use crate::platform::stub::Assumptions;
use insta::assert_snapshot;

#[test]
fn primitives_that_changed_and_the_files_are_pushed_and_nothing_is_live() {
    let shop = Shop::empty(Assumptions::default());
    let before = shop.live();
    assert_snapshot!(shop.run("push -m first").to_string(), @r"
    $ lua-store push -m first --compiled ../out
      ✅ shop pushed (agent settings, new)
      ✅ persona v1 pushed (new)
      ✅ orders v1.0.0 pushed (skill, new)
      ✅ catalog v1.0.0 pushed (skill, new)
      ✅ nightly v1.0.0 pushed (job, new)
      ✅ docs v1.0.0 pushed (mcp-server, new)
    💾 Backup at v1 (8 new file(s))
    ✅ Push complete: 6 changed
    ✅ Sent to origin: source version v1
       staged        job nightly (#2)
       staged        job nightly 1.0.0 (#3)
       staged        skill catalog (#2)
       staged        skill catalog 1.0.0 (#3)
       staged        skill orders (#2)
       staged        skill orders 1.0.0 (#3)
       staged        backup of source version v1 (#19)
    --- stderr
    hint: run `lua-store version create` to create a version of it
    ");
    assert_eq!(shop.live(), before);
    assert_eq!(
        shop.changes(),
        ["#2 jobs", "#3 jobs", "#2 skills", "#3 skills", "#2 skills", "#3 skills", "#19"]
    );
    shop.platform.reset_requests();
    assert_snapshot!(shop.run("push").to_string(), @r"
    $ lua-store push --compiled ../out
    Nothing changed since source version v1.
    ✅ origin has everything.
    ");
    assert!(shop.changes().is_empty(), "{:?}", shop.changes());
    shop.edit(true);
    assert_snapshot!(shop.run("push").to_string(), @r"
    $ lua-store push --compiled ../out
      ✅ shop pushed (agent settings, changed)
      ✅ persona v2 pushed (1 → 2)
      ✅ orders v1.0.1 pushed (skill, 1.0.0 → 1.0.1)
      ✅ docs v1.0.1 pushed (mcp-server, 1.0.0 → 1.0.1)
      ·  2 unchanged: catalog, nightly
    💾 Backup at v2 (2 changed file(s))
    ✅ Push complete: 4 changed
    ✅ Sent to origin: source version v2
       staged        skill orders 1.0.1 (#3)
       staged        backup of source version v2 (#19)
    --- stderr
    hint: run `lua-store version create` to create a version of it
    ");
    assert_eq!(shop.changes(), ["#3 skills", "#19"]);
    assert_eq!(shop.live(), before);
    let body = shop.platform.body(AGENT, "skills", "orders", "1.0.1").unwrap();
    assert_eq!(body["description"], "Knows orders");
}
