//! The forms in which people write primitives.

use super::{Project, only, tool_names};
use serde_json::json;

const TOOLS: &str = "
import { LuaTool, defineTool } from 'lua-cli';
import { z } from 'zod';
export class GetWeatherTool implements LuaTool {
  description = 'Weather';
  inputSchema = z.object({ city: z.string().describe('Where') });
  async execute(input: z.infer<typeof this.inputSchema>) { return input.city; }
}
export default class Second implements LuaTool { name = 'second'; description = 'S'; async execute() {} }
export const third = defineTool({ name: 'third', description: 'T', inputSchema: z.object({}), execute: async () => 1 });
export const fourth: LuaTool = { name: 'fourth', description: 'F', inputSchema: z.object({}), execute: async () => 2 };
";

fn skill_tools(skill: &str, files: &[(&str, &str)]) -> Vec<String> {
    let project =
        Project::agent("name: 'a', skills: [skill]", "import { skill } from './skill';", files);
    project.write("src/tools.ts", TOOLS);
    project.write(
        "src/skill.ts",
        &format!("import {{ LuaSkill, defineSkill }} from 'lua-cli';\n{skill}"),
    );
    let agent = project.read();
    assert_eq!(agent.notes, [], "{skill}");
    tool_names(only(&agent, "skill")).into_iter().map(str::to_owned).collect()
}

#[test]
fn tools_are_found_through_every_import_and_list() {
    let all = ["get-weather", "second", "third", "fourth"];
    let import = "import Second, { GetWeatherTool, third, fourth } from './tools';";
    let list = "[new GetWeatherTool(), new Second(), third, fourth]";
    let config = |tools: &str| {
        format!("new LuaSkill({{ name: 's', description: 'd', context: 'c', tools: {tools} }})")
    };
    let skills = [
        format!("{import} export const skill = {};", config(list)),
        format!(
            "{import} const tools = {list} as const; export const skill = {};",
            config("[...tools]")
        ),
        format!(
            "{import} export const skill = {};",
            config("[new GetWeatherTool(), new Second()].concat([third, fourth])")
        ),
        format!(
            "import * as t from './tools'; export const skill = {};",
            config("[new t.GetWeatherTool(), new t.default(), t.third, t['fourth']]")
        ),
        format!("import {{ all }} from './barrel'; export const skill = {};", config("all")),
        format!(
            "import {{ GetWeatherTool, Default as Second, third, fourth }} from './barrel.js'; export const skill = {};",
            config(list)
        ),
        format!(
            "{import} export const skill = {}; skill.addTool(third).addTools([fourth]);",
            config("[new GetWeatherTool(), new Second()]")
        ),
        format!(
            "{import} export const skill = {};",
            config("[GetWeatherTool, Second, true ? third : null, fourth].filter(Boolean)")
        ),
        format!(
            "{import} export const skill = defineSkill({{ name: 's', context: 'c', tools: {list} }});"
        ),
        format!(
            "{import} class S extends LuaSkill {{ name = 's'; tools = {list}; }} export const skill = new S();"
        ),
        format!(
            "{import} class S extends LuaSkill {{ constructor() {{ super({{ name: 's', tools: [new GetWeatherTool()] }}); this.addTools([new Second(), third, fourth]); }} }} export const skill = new S();"
        ),
        format!(
            "{import} const make = (name: string, ...tools: unknown[]) => {}; export const skill = make('s', {});",
            "new LuaSkill({ name, tools })",
            &list[1..list.len() - 1]
        ),
    ];
    let barrel = "export * from './tools'; export { default as Default } from './tools';
        import Second, { GetWeatherTool, third, fourth } from './tools';
        export const all = [new GetWeatherTool(), new Second(), third, fourth];";
    for skill in skills {
        assert_eq!(skill_tools(&skill, &[("src/barrel.ts", barrel)]), all, "{skill}");
    }
}

#[test]
fn a_skill_holds_what_the_model_sees_of_its_tools() {
    let project = Project::agent("name: 'a', skills: [skill]", "import { skill } from './skill';", &[
        ("src/tools.ts", TOOLS),
        ("src/skill.ts", "import { LuaSkill } from 'lua-cli'; import { GetWeatherTool } from './tools';
export const skill = new LuaSkill({ name: 's', description: 'd', context: 'c', tools: [new GetWeatherTool()] });"),
    ]);
    let agent = project.read();
    let skill = only(&agent, "skill");
    assert_eq!((skill.name.as_str(), skill.description.as_str()), ("s", "d"));
    assert_eq!((skill.source.path.as_str(), skill.source.line), ("src/skill.ts", 2));
    let mut tool = skill.definition["tools"][0].clone();
    let execute = tool["execute"]["$function"].take();
    assert_eq!(execute.as_str().map(str::len), Some(64));
    let schema = json!({"type": "object", "properties": {"city": {"type": "string", "description": "Where"}},
        "required": ["city"], "additionalProperties": false});
    let expected = json!({"name": "get-weather", "description": "Weather", "inputSchema": schema,
        "execute": {"$function": null}, "path": "src/tools.ts"});
    assert_eq!(tool, expected);
}

#[test]
fn each_kind_is_read_in_its_place() {
    let before = "
import * as lua from 'lua-cli';
const hook = new LuaWebhook({ name: 'hook', description: 'H', secret: 'top', execute: async () => {} });
class Nightly extends LuaJob { schedule = { type: 'cron', expression: '0 3 * * *' }; timeout = 60 * 2; async execute() {} }
const docs = new LuaMCPServer({ name: 'docs', transport: 'sse', url: 'https://x.test', headers: { Authorization: 'Bearer abc' } });
const pre = new lua.PreProcessor({ name: 'pre', priority: 5, async: true, execute: async () => ({ action: 'proceed' }) });
const post = lua.definePostProcessor({ name: 'post', execute: async () => 1 });
const trigger = lua.defineTrigger({ name: 't', filter: () => true });
const voice = new lua.LuaVoice({ name: 'v', llm: 'openai/gpt-4o', stt: 'deepgram/nova-3:en', tts: 'cartesia/sonic:abc' });
const device = lua.defineDevice({ name: 'printer', group: 'office', commands: {} });
const flow = lua.createWorkflow({ name: 'flow', description: 'F' }).then(lua.createStep({ id: 'one', execute: async () => 1 })).commit();";
    let config = "name: 'a', persona: `p`, model: 'm', webhooks: [hook], jobs: [new Nightly()], mcpServers: [docs], \
        preProcessors: [pre], postProcessors: [post], triggers: [trigger], voice, devices: [device], workflows: [flow]";
    let agent = Project::agent(config, before, &[]).read();
    assert_eq!(agent.notes, []);
    let order: Vec<_> =
        agent.primitives.iter().map(|one| (one.kind.word, one.name.as_str())).collect();
    let expected = [
        ("webhook", "hook"),
        ("trigger", "t"),
        ("job", "nightly"),
        ("preprocessor", "pre"),
        ("postprocessor", "post"),
        ("mcp-server", "docs"),
        ("device", "printer"),
        ("voice", "v"),
        ("workflow", "flow"),
    ];
    assert_eq!(order, expected);
    assert_eq!(only(&agent, "job").definition["timeout"], 120);
    let everything = format!("{:?}", agent.primitives);
    assert!(
        !everything.contains("top")
            && !everything.contains("abc\\\"")
            && !everything.contains("Bearer"),
        "{everything}"
    );
    assert_eq!(only(&agent, "webhook").definition["secret"], json!({"$secret": true}));
    assert_eq!(
        only(&agent, "mcp-server").definition["headers"],
        json!({"Authorization": {"$secret": true}})
    );
    assert_eq!(only(&agent, "workflow").definition["steps"][0]["method"], "then");
}

#[test]
fn the_persona_is_text_or_an_object_and_the_rest_is_settings() {
    use crate::model::agent::Persona;
    let text = ("src/persona.md", "You are kind.\n");
    let cases = [
        ("persona: 'a' + `b`", Some(Persona::Text("ab".to_owned()))),
        ("persona: md", Some(Persona::Text("You are kind.\n".to_owned()))),
        ("persona: build({ tone: 'warm' })", Some(Persona::Text("Be warm.".to_owned()))),
        (
            "persona: { base: 'x', voice: 'y' }",
            Some(Persona::Object(json!({"base": "x", "voice": "y"}))),
        ),
        ("model: 'm'", None),
    ];
    let before = "import md from './persona.md';\nconst build = ({ tone }: { tone: string }) => `Be ${tone}.`;";
    for (config, persona) in cases {
        let agent = Project::agent(&format!("name: 'a', {config}"), before, &[text]).read();
        assert_eq!(agent.persona, persona, "{config}");
    }
    let agent = Project::agent(
        "name: 'a', model: 'm', governance: { mode: 'strict' }, skills: []",
        "",
        &[],
    )
    .read();
    assert_eq!(
        serde_json::Value::Object(agent.settings),
        json!({"model": "m", "governance": {"mode": "strict"}})
    );
}

#[test]
fn the_agent_is_found_wherever_it_is_made() {
    let make = "import { LuaAgent } from 'lua-cli';\nconst agent = new LuaAgent({ name: 'a' });\n";
    let class = "import { LuaAgent as Base } from 'lua-cli';\nclass Mine extends Base { name = 'a' }\nexport default new Mine();\n";
    let main = "import { LuaAgent } from 'lua-cli';\nfunction main() { const agent = new LuaAgent({ name: 'a' }); return agent; }\nmain();\n";
    for (path, text) in [
        ("index.ts", make),
        ("src/agent.ts", make),
        ("lib/deep/bot.ts", make),
        ("src/index.ts", class),
        ("src/main.ts", main),
    ] {
        let agent =
            Project::new(&[(path, text), ("node_modules/x/index.ts", "syntax error LuaAgent")])
                .read();
        assert_eq!((agent.name.as_str(), agent.entry.as_str()), ("a", path));
    }
}

#[test]
fn paths_of_tsconfig_lead_to_modules() {
    let tsconfig = r#"{ // comments are allowed
        "extends": "./tsconfig.base.json", "compilerOptions": { "strict": true, } }"#;
    let base = r#"{"compilerOptions": {"baseUrl": ".", "paths": {"@/*": ["src/*"], "~lib": ["lib/index.ts"]}}}"#;
    let before = "import { name } from '@/names';\nimport { model } from '~lib';";
    let agent = Project::agent(
        "name, model",
        before,
        &[
            ("tsconfig.json", tsconfig),
            ("tsconfig.base.json", base),
            ("src/names.ts", "export const name = 'aliased';"),
            ("lib/index.ts", "export const model = 'm';"),
        ],
    )
    .read();
    assert_eq!((agent.name.as_str(), &agent.settings["model"]), ("aliased", &json!("m")));
}
