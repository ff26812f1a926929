//! A shop that is made once and put back before each case.

use super::super::Shop;
use super::end::End;
use crate::common::Project;
use crate::platform::kill::{When, killed_at};
use crate::platform::stub::{Assumptions, Platform, SavedPlatform};
use std::sync::Arc;

/// The command that is disturbed, and everything before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scenario {
    /// A push alone.
    Push,
    /// A promotion with everything that it has to push: code, model, MCP server and persona change.
    Promote,
    /// The way back of a promotion that was killed before its switch.
    AbortBefore,
    /// The same after its switch.
    AbortAfter,
}

pub const PROMOTE: &str = "version promote 2";
pub const ABORT: &str = "version promote --abort";

impl Scenario {
    pub fn line(self) -> &'static str {
        match self {
            Scenario::Push => "push",
            Scenario::Promote => PROMOTE,
            Scenario::AbortBefore | Scenario::AbortAfter => ABORT,
        }
    }
}

pub struct Prepared {
    /// Name of the platform.
    pub name: &'static str,
    pub scenario: Scenario,
    platform: Arc<Platform>,
    saved: SavedPlatform,
    project: Project,
    /// Everything that runs before a promotion of v2, and after it.
    pub old: End,
    pub new: End,
    /// Routes of the requests of the undisturbed command, with a mark for those that change something.
    pub routes: Vec<(String, bool)>,
}

impl Prepared {
    pub fn new(name: &'static str, assumptions: Assumptions, scenario: Scenario) -> Prepared {
        let shop = Shop::new(assumptions);
        match scenario {
            Scenario::Push => shop.edit(true),
            _ => shop.second(true),
        }
        let old = End::of(&shop);
        let saved = shop.platform.save();
        let Shop { platform, project } = shop;
        let new = old.clone();
        let routes = Vec::new();
        let mut prepared = Prepared { name, scenario, platform, saved, project, old, new, routes };
        prepared.rehearse();
        prepared
    }

    /// Runs everything once without a disturbance.
    fn rehearse(&mut self) {
        let shop = self.shop();
        if self.scenario == Scenario::Push {
            shop.ok(self.scenario.line());
            self.routes = routes(&shop);
            return;
        }
        shop.ok(PROMOTE);
        self.routes = routes(&shop);
        self.new = End::of(&shop);
        let switch = self.routes.iter().position(|(route, _)| route == "#27").unwrap() + 1;
        let when = match self.scenario {
            Scenario::AbortBefore => When::Before,
            Scenario::AbortAfter => When::After,
            _ => return,
        };
        let shop = self.shop();
        let line = shop.line(PROMOTE);
        assert!(killed_at((&*shop.platform, &shop.project), &line, switch, when));
        self.saved = self.platform.save();
        self.project = shop.project;
        let shop = self.shop();
        shop.project.ok(ABORT);
        assert_eq!(End::of(&shop), self.old, "{}", self.name);
        self.routes = routes(&shop);
    }

    /// The shop as it was, for one more case.
    pub fn shop(&self) -> Shop {
        self.platform.put_back(&self.saved);
        Shop { platform: self.platform.clone(), project: self.project.copy() }
    }
}

fn routes(shop: &Shop) -> Vec<(String, bool)> {
    let requests = shop.platform.requests();
    requests.iter().map(|one| (one.route(), one.changes())).collect()
}
