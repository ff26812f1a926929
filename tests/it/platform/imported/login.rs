//! `login` for an agent on the platform: the key is tried, stored for this address, and less than LUA_API_KEY.

use super::{AGENT, There};

#[test]
fn a_key_is_stored_when_the_platform_takes_it_and_used_for_that_address_alone() {
    let mut there = There::new();
    let (url, key) = (there.platform.address(AGENT), there.platform.key());
    there.project.set("LUA_API_KEY", "");
    let wrong = there.project.run_with_input(&format!("login {url}"), "wrong\n");
    assert_eq!(wrong.code, 9, "{wrong}");
    assert!(!wrong.to_string().contains("wrong\n"), "{wrong}");
    assert_eq!(there.project.run(&there.clone_line("mine")).code, 9);
    let stored = there.project.run_with_input(&format!("login {url}"), format!("{key}\n"));
    assert!(stored.code == 0 && !stored.to_string().contains(&key), "{stored}");
    there.cloned("mine");
    // Another agent of the same platform has an address of its own.
    there.platform.add_agent("agent_other");
    let other =
        there.project.run(&format!("clone {} ../other", there.platform.address("agent_other")));
    assert_eq!(other.code, 9, "{other}");
    there.project.set("LUA_API_KEY", "api_other");
    assert_eq!(there.project.run("-C ../mine fetch").code, 9);
    there.project.set("LUA_API_KEY", "");
    there.in_clone("mine", "fetch");
    there.in_clone("mine", "remote logout");
    assert_eq!(there.project.run("-C ../mine fetch").code, 9);
}
