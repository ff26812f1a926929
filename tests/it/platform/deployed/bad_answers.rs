//! Bad answers to the requests of a deployment: the error names the route and the field, everything is as it was, or open and
//! said so, and it ends well when the platform answers as ever.

use super::Shop;
use super::disturbed::{End, check_sound, check_whole};
use crate::common::{Project, shop};
use crate::platform::stub::{Assumptions, At, Fault, Platform, SavedPlatform};
use serde_json::json;
use std::sync::Arc;

const PROMOTE: &str = "version promote 2";
const INDEX: &str = "src/index.ts";

/// A shop whose second version has a job more, beside other code, model, MCP server and persona.
struct Growing {
    platform: Arc<Platform>,
    saved: SavedPlatform,
    project: Project,
    old: End,
    new: End,
}

impl Growing {
    fn new() -> Growing {
        let shop = Shop::empty(Assumptions::default());
        shop::edit(&shop.project, INDEX, "  jobs: [nightly],\n", "");
        shop.ok("push");
        shop.project.ok("version create -m first --offline");
        shop.ok("version promote 1");
        let skills = "  skills: [orders, catalog],\n";
        shop::edit(&shop.project, INDEX, skills, &format!("{skills}  jobs: [nightly],\n"));
        shop.second(true);
        let (old, saved) = (End::of(&shop), shop.platform.save());
        let Shop { platform, project } = shop;
        let mut growing = Growing { platform, saved, project, new: old.clone(), old };
        let shop = growing.shop();
        shop.ok(PROMOTE);
        growing.new = End::of(&shop);
        growing
    }

    fn shop(&self) -> Shop {
        self.platform.put_back(&self.saved);
        Shop { platform: self.platform.clone(), project: self.project.copy() }
    }

    /// The first request of the route is answered so.
    fn check(&self, route: &'static str, answer: Fault, words: &str) {
        let shop = self.shop();
        let (pointer, index) = (shop.project.pointer(), shop.project.read(INDEX));
        shop.platform.on(At::route(route), answer);
        let outcome = shop.run(PROMOTE);
        let at = format!("{route}: {outcome}");
        assert!(outcome.code != 0 && outcome.code != 101, "{at}");
        assert!(outcome.stderr.contains(words), "{words}: {at}");
        assert!(outcome.stderr.contains(route), "{at}");
        assert_eq!((shop.project.pointer(), shop.project.read(INDEX)), (pointer, index), "{at}");
        match ["#2", "#3", "#14", "#15", "#19"].contains(&route) {
            true => assert_eq!(End::of(&shop), self.old, "{at}"),
            false => check_whole(&shop, &self.old, &self.new, &at),
        }
        check_sound(&shop, &at);
        shop.platform.reset_faults();
        let aborted = shop.project.run("version promote --abort");
        let is_none = aborted.stderr.contains("no promotion of \"origin\" is open");
        assert!(aborted.code == 0 || is_none, "{at}\n{aborted}");
        assert_eq!(End::of(&shop), self.old, "{at}\n{aborted}");
        let again = shop.run(PROMOTE);
        assert_eq!(again.code, 0, "{at}\n{again}");
        let live = End::of(&shop);
        assert_eq!(live, self.new.numbered(live.active), "{at}\n{again}");
        check_sound(&shop, &at);
    }
}

#[test]
fn wrong_types_and_numbers_that_go_back_are_named() {
    let growing = Growing::new();
    for (route, answer, words) in [
        ("#2", json!({"id": 7}), "the field \"id\" is not a text"),
        ("#2", json!({"id": "../skills"}), "the field \"id\" is no part of an address"),
        ("#14", json!({"missing": {}}), "the field \"missing\" is not a list"),
        ("#15", json!({"urls": []}), "the field \"urls\" is not an object"),
        ("#19", json!({"activeVersion": "2"}), "the field \"activeVersion\" is not a number"),
        ("#19", json!({"activeVersion": 1}), "the field \"activeVersion\" goes back: 1"),
        ("#7", json!({"id": ["mcp-1"]}), "the field \"id\" is not a text"),
        ("#12", json!({"version": {}}), "the field \"version\" is not a number"),
        ("#12", json!({"version": 1}), "the field \"version\" goes back: 1"),
        ("#23", json!({"version": "v2"}), "the field \"version\" is not a number"),
        ("#23", json!({"version": 1}), "the field \"version\" goes back: 1"),
        ("#27", json!({"promoted": 1}), "the field \"promoted\" is not 2"),
        ("#27", json!({"promoted": 2, "previousActive": []}), "the field \"previousActive\""),
    ] {
        let bytes = answer.to_string().into_bytes();
        growing.check(route, Fault::Bytes(bytes), words);
    }
    let orders = growing.platform.primitive_id(super::AGENT, "skills", "orders");
    let other = json!({"id": orders}).to_string().into_bytes();
    growing.check("#2", Fault::Bytes(other), "the field \"id\" is that of another primitive");
}

#[test]
fn answers_that_are_no_json_too_large_or_elsewhere_are_refused() {
    let growing = Growing::new();
    for route in ["#2", "#3", "#7", "#10", "#12", "#14", "#15", "#19", "#23", "#27"] {
        growing.check(route, Fault::Bytes(b"<html>".to_vec()), "did not answer with JSON");
        growing.check(
            route,
            Fault::Redirect("http://127.0.0.1:1/x".into()),
            "was answered with a redirect",
        );
    }
    for route in ["#2", "#3", "#19", "#23", "#27"] {
        let large = vec![b' '; (32 << 20) + 1];
        growing.check(route, Fault::Bytes(large), "is larger than 32 MiB");
    }
}
