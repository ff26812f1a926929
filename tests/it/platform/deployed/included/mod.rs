//! `push --include`: workflows, devices and device triggers, which are live at once and in no version.

mod environment;
mod faults;
mod others;
mod refused;
mod sent;

use super::Shop;
use crate::common::shop;
use crate::platform::stub::Assumptions;
use std::collections::BTreeMap;

const INCLUDE: &str = "push --include workflows,devices,device-triggers";
const LIVE: &str = "src/live.ts";

const TEXT: &str = "\
import { LuaDevice, createWorkflow, defineDeviceTrigger } from 'lua-cli';
import { z } from 'zod';

export const digest = createWorkflow({
  name: 'digest',
  description: 'Sums up the day',
  inputSchema: z.object({ day: z.string() }),
})
  .agentStep('sum', { agentId: 'agent_sums', prompt: 'Sum up', outputSchema: z.object({ text: z.string() }) })
  .commit();

export const printer = new LuaDevice({
  name: 'label-printer',
  description: 'Prints labels',
  group: 'warehouse',
  commands: {
    print: { description: 'Prints a label', inputSchema: z.object({ text: z.string() }), execute: async () => 'ok' },
  },
});

export const ring = defineDeviceTrigger({
  name: 'doorbell',
  description: 'Somebody rings',
  payloadSchema: z.object({ door: z.string() }),
  execute: async () => 'ring',
});
";

/// A project with one primitive of each of these kinds. Nothing is pushed.
fn unsent(assumptions: Assumptions) -> Shop {
    let shop = Shop::empty(assumptions);
    shop.project.write(LIVE, TEXT);
    let index = "src/index.ts";
    let import = "import { digest, printer, ring } from './live';\n\nconst docs";
    shop::edit(&shop.project, index, "\nconst docs", import);
    let lists = "  workflows: [digest],\n  devices: [printer],\n  deviceTriggers: [ring],\n  mcp";
    shop::edit(&shop.project, index, "  mcp", lists);
    shop
}

/// The same after a push of everything.
fn sent() -> Shop {
    let shop = unsent(Assumptions::default());
    shop.ok(INCLUDE);
    shop.platform.reset_requests();
    shop
}

/// Changes the workflow and the device.
fn edit(shop: &Shop) {
    shop::edit(&shop.project, LIVE, "Sums up the day", "Sums up a day");
    shop::edit(&shop.project, LIVE, "Prints labels", "Prints a label");
}

/// Descriptions of everything of these kinds that is live.
fn live(shop: &Shop) -> BTreeMap<String, String> {
    let body = |(name, number): (&String, &String)| {
        let (kind, primitive) = name.split_once('/').unwrap();
        let body = shop.platform.body(super::AGENT, kind, primitive, number).unwrap();
        (name.clone(), body["description"].as_str().unwrap().to_owned())
    };
    shop.live().code.iter().map(body).collect()
}

fn texts(all: &[(&str, &str)]) -> BTreeMap<String, String> {
    all.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect()
}

/// After the edit.
fn edited() -> BTreeMap<String, String> {
    texts(&[
        ("device-triggers/doorbell", "Somebody rings"),
        ("devices/label-printer", "Prints a label"),
        ("workflows/digest", "Sums up a day"),
    ])
}
