//! Deployment: pushes to the platform and promotions on it, with the platform as the witness of what runs.

#[cfg(unix)]
mod bad_answers;
mod beside;
pub mod compiled;
mod deleted;
#[cfg(unix)]
mod disturbed;
mod included;
mod interrupted;
mod lost;
mod planned;
mod promoted;
mod proved;
mod pushed;
mod repeated;
mod requests;
#[cfg(unix)]
mod served;
mod unusual;
mod voices;
mod way_back;

use super::stub::{Assumptions, Live, Platform};
use crate::common::{Outcome, Project, shop};
use std::sync::Arc;

const AGENT: &str = "agent_shop";

/// A project whose remote is an agent on a platform.
struct Shop {
    platform: Arc<Platform>,
    project: Project,
}

impl Shop {
    /// Nothing is pushed.
    fn empty(assumptions: Assumptions) -> Shop {
        let platform = Arc::new(Platform::with(AGENT, assumptions));
        let mut project = Project::in_memory();
        shop::write(&project);
        project.set("LUA_API_KEY", &platform.key());
        project.set("LUA_STORE_TRIES", "1");
        project.ok("init --agent-id agent_shop");
        project.ok(&format!("remote add origin {}", platform.address(AGENT)));
        Shop { platform, project }
    }

    /// v1 is active: pushed and promoted by this program.
    fn new(assumptions: Assumptions) -> Shop {
        let shop = Shop::empty(assumptions);
        shop.ok("push");
        shop.project.ok("version create -m first --offline");
        shop.ok("version promote 1");
        shop.platform.reset_requests();
        shop
    }

    /// Edits, which change a skill; `live` parts too, if asked.
    fn edit(&self, live: bool) {
        shop::edit(
            &self.project,
            "src/skills/orders.skill.ts",
            "Knows about orders",
            "Knows orders",
        );
        if live {
            let index = "src/index.ts";
            shop::edit(&self.project, index, "You help customers shop.", "You help customers.");
            shop::edit(&self.project, index, "openai/gpt-4o", "openai/gpt-5");
            shop::edit(&self.project, index, "docs.example.com", "help.example.com");
        }
    }

    /// A second version, here alone.
    fn second(&self, live: bool) {
        self.edit(live);
        self.project.ok("push --offline");
        self.project.ok("version create -m second --offline");
    }

    /// Runs a command that may compile.
    fn line(&self, line: &str) -> String {
        format!("{line} {}", compiled::output(&self.project))
    }

    fn run(&self, line: &str) -> Outcome {
        self.project.run(&self.line(line))
    }

    fn ok(&self, line: &str) -> String {
        self.project.ok(&self.line(line))
    }

    fn live(&self) -> Live {
        self.platform.live(AGENT)
    }

    /// Routes of the requests that changed something, in their order; uploads are left out.
    fn changes(&self) -> Vec<String> {
        let all = self.platform.changes();
        all.iter().map(|one| one.route()).filter(|route| !route.starts_with("#17")).collect()
    }
}
