//! Losses as `compile`, `push`, `status` and `diff` report them.

use super::{SECRETS, named, with_secret, word};
use crate::common::Project;

#[test]
fn a_secret_at_which_the_compiler_stops_is_told() {
    for (form, reason) in SECRETS {
        let answer = with_secret(form).json("compile");
        let told: Vec<_> =
            answer["dropped"].as_array().unwrap().iter().map(|one| word(&one["reason"])).collect();
        let wanted = reason
            .map(|reason| format!("it stops at the `secret`, and compiles nothing: {reason}"));
        assert_eq!(told, wanted.into_iter().collect::<Vec<_>>(), "{form}");
    }
}

#[test]
fn push_and_status_tell_it_too() {
    let project = named("config");
    project.ok("init");
    for line in ["push --dry-run", "status", "compile", "push"] {
        let answer = project.json(line);
        assert_eq!(answer["deployable"], false, "{line}");
        assert_eq!(answer["dropped"][0]["name"], "inline", "{line}");
    }
    let said = project.run("status").stderr;
    assert!(
        said.contains("src/index.ts:6:22: `lua compile` leaves this out: agent Configured; "),
        "{said}"
    );
}

const SHOP: &str = "import { LuaAgent, LuaSkill } from 'lua-cli';
import { FindTool, OpenTool } from './tools';
const withGuard = <T>(tool: T): T => tool;
const shop = new LuaSkill({ name: 'shop', description: 'd', context: 'c', tools: [new FindTool(), new OpenTool()] });
export const agent = new LuaAgent({ name: 'Shop', persona: 'You sell.', skills: [shop] });
";

/// A skill with two tools, pushed as v1, and with both of them wrapped as v2.
fn wrapped() -> Project {
    let project = Project::new();
    let tool = |name: &str, class: &str| {
        format!(
            "export class {class} implements LuaTool {{ name = '{name}'; description = 'd'; \
             inputSchema = z.object({{}}); async execute() {{}} }}\n"
        )
    };
    let head = "import { LuaTool } from 'lua-cli';\nimport { z } from 'zod';\n";
    project.write(
        "src/tools.ts",
        format!("{head}{}{}", tool("find", "FindTool"), tool("open", "OpenTool")),
    );
    project.write("src/index.ts", SHOP);
    project.ok("init");
    project.ok("push");
    project.ok("version create");
    let guarded =
        SHOP.replace("new FindTool(), ", "withGuard(new FindTool()), ").replace("'c'", "'more'");
    assert!(guarded.contains("withGuard(new") && guarded.contains("'more'"));
    project.write("src/index.ts", guarded);
    project.ok("push");
    project.ok("version create");
    project
}

#[test]
fn a_diff_of_versions_says_what_the_compiler_makes_of_it() {
    let project = wrapped();
    let block = "As `lua compile` builds it:\n  − tools find, open of skill shop (src/index.ts:4:";
    let told = project.ok("version diff 1 2");
    assert!(told.contains(block), "{told}");
    let back = project.ok("version diff 2 1");
    assert!(
        back.contains("As `lua compile` builds it:\n  + tools find, open of skill shop\n"),
        "{back}"
    );
    let same = project.ok("version diff 1 1");
    assert!(!same.contains("As `lua compile` builds it"), "{same}");
    let answer = project.json("version diff 1 2");
    assert_eq!(answer["asCompiled"]["removed"].as_array().unwrap().len(), 2);
    assert_eq!(answer["asCompiled"]["deployable"], false);
    // The losses of both were cached by their pushes; read again they are the same.
    std::fs::remove_dir_all(project.path(".lua/cache/losses")).unwrap();
    assert_eq!(project.json("version diff 1 2"), answer);
    assert_eq!(project.json("version show 1")["deployable"], true);
    assert_eq!(project.json("version show 2")["deployable"], false);
    project.ok("version promote 1");
    let preview = project.ok("version promote 2 --dry-run");
    assert!(preview.contains(block), "{preview}");
}

/// A guard that gives its tool back changes nothing that runs here, and what is deployed.
#[test]
fn a_guard_alone_makes_a_version() {
    let project = wrapped();
    let none = "No staged changes since the previous version.\n";
    assert_eq!(project.ok("version create"), none);
    let guarded = project.read("src/index.ts");
    project.write("src/index.ts", guarded.replace("withGuard(new FindTool())", "new FindTool()"));
    project.ok("push");
    assert!(project.ok("version create").starts_with("✓ Created v3"));
    assert_eq!(project.ok("rev-parse v3:state"), project.ok("rev-parse v2:state"));
    let told = project.ok("version diff 2 3");
    assert!(
        told.contains("As `lua compile` builds it:\n  + tools find, open of skill shop\n"),
        "{told}"
    );
    assert_eq!(project.ok("version create"), none);
    // A form that the compiler does not know is no reason for a version.
    let text = project.read("src/index.ts");
    project.write("src/index.ts", format!("// more\n{text}"));
    project.ok("push");
    assert_eq!(project.ok("version create"), none);
}

/// The files on the disk are not those of the versions: only those of the versions count.
#[test]
fn versions_are_read_from_their_own_files() {
    let project = wrapped();
    project.write("src/tools.ts", "export const nothing = 1;");
    project.write("src/more.ts", "export const more = 1;");
    std::fs::remove_file(project.path("src/index.ts")).unwrap();
    let told = project.ok("version diff 1 2");
    assert!(told.contains("− tools find, open of skill shop"), "{told}");
}
