//! Changes that a push finds below a primitive: the targets of its imports decide, and layout does
//! not.

mod imports;
mod layout;
mod parts;

use serde_json::Value;

/// The hook of an agent, whose `price` comes from elsewhere.
fn agent(import: &str, body: &str) -> String {
    format!(
        "import {{ LuaAgent, LuaWebhook }} from 'lua-cli';\n{import}\n\
         const hook = new LuaWebhook({{ name: 'hook', execute: async () => {body} }});\n\
         export const agent = new LuaAgent({{ name: 'a', webhooks: [hook] }});\n"
    )
}

fn hook(push: &Value) -> (String, String) {
    let item =
        push["items"].as_array().unwrap().iter().find(|item| item["name"] == "hook").unwrap();
    (item["change"].as_str().unwrap().to_owned(), item["to"].as_str().unwrap().to_owned())
}
