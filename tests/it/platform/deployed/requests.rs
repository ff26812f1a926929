//! Numbers of requests that a push and a promotion take, all routes counted.

use super::Shop;
use crate::common::{Project, shop};
use crate::platform::stub::{Assumptions, Platform};

/// Every request since the last count, by route: shown where there are too many.
fn routes(platform: &Platform) -> Vec<String> {
    platform.requests().iter().map(|one| one.route()).collect()
}

/// The skill gets three tools, and a change.
fn three_tools(project: &Project) {
    let orders = project.read("src/skills/orders.skill.ts");
    let track = project.read("src/skills/tools/TrackOrderTool.ts");
    for (class, name) in [("CancelOrderTool", "cancel_order"), ("FindOrderTool", "find_order")] {
        let text = track.replace("TrackOrderTool", class).replace("track_order", name);
        project.write(&format!("src/skills/tools/{class}.ts"), text);
    }
    let imports = "import { CancelOrderTool } from './tools/CancelOrderTool';\nimport { FindOrderTool } from './tools/FindOrderTool';\n";
    let tools = "tools: [new TrackOrderTool(), new CancelOrderTool(), new FindOrderTool()]";
    let text = orders.replace("tools: [new TrackOrderTool()]", tools);
    project.write("src/skills/orders.skill.ts", format!("{imports}{text}"));
}

#[test]
fn a_push_of_one_changed_skill_with_three_tools() {
    for (name, assumptions) in Assumptions::each() {
        let shop = Shop::empty(assumptions);
        shop.project.write("lua.skill.yaml", "agent:\n  agentId: agent_shop\nskills: []\n");
        three_tools(&shop.project);
        shop.ok("push");
        for tool in ["TrackOrderTool", "CancelOrderTool", "FindOrderTool"] {
            let path = format!("src/skills/tools/{tool}.ts");
            shop::edit(&shop.project, &path, "find(input.id)", "find(input.id + '!')");
        }
        shop.platform.reset_requests();
        shop.ok("push");
        let all = routes(&shop.platform);
        assert!(all.len() <= 16, "{name}: {} requests: {all:?}", all.len());
        assert_eq!(shop.changes(), ["#3 skills", "#19"], "{name}: {all:?}");
        let body = shop.platform.body(super::AGENT, "skills", "orders", "1.0.1").unwrap();
        assert_eq!(body["tools"].as_array().unwrap().len(), 3, "{name}");
    }
}

#[test]
fn a_promotion_of_what_was_pushed_and_the_way_back() {
    for (name, assumptions) in Assumptions::each() {
        let shop = Shop::new(assumptions);
        shop.second(false);
        shop.ok("push");
        shop.platform.reset_requests();
        shop.ok("version promote 2");
        let all = routes(&shop.platform);
        let switch = all.iter().position(|route| route == "#27").unwrap();
        let made = all.iter().position(|route| route == "#23").unwrap();
        assert!(switch - made < 8, "{name}: {all:?}");
        let settled = all.len();
        assert!(settled <= 32, "{name}: {settled} requests: {all:?}");
        let changes = shop.changes();
        assert_eq!(changes[..2], ["#23", "#27"], "{name}");
        shop.platform.reset_requests();
        shop.ok("version promote 1");
        let all = routes(&shop.platform);
        assert!(all.len() <= 32, "{name}: {} requests: {all:?}", all.len());
        assert_eq!(shop.changes()[0], "#27", "{name}");
    }
}

#[test]
fn parts_that_are_live_before_the_switch_are_so_for_eight_requests() {
    for (name, assumptions) in Assumptions::each() {
        let shop = Shop::new(assumptions);
        shop.second(true);
        shop.ok("push");
        shop.platform.reset_requests();
        shop.ok("version promote 2");
        let all = routes(&shop.platform);
        let first = all.iter().position(|route| ["#10", "#7", "#12"].contains(&&**route)).unwrap();
        let switch = all.iter().position(|route| route == "#27").unwrap();
        let between = switch - first + 1;
        assert!(
            between <= 8,
            "{name}: {between} requests from the first live part to the switch: {all:?}"
        );
        assert!(all.len() <= 32, "{name}: {} requests: {all:?}", all.len());
    }
}
