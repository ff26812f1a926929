//! Act of the demo on the Lua platform: an edit in its dashboard, a promotion that breaks off, and one that is rolled back.
//!
//! The server of the demo has the routes of the platform, so that nothing leaves this machine.

use super::run::typed;
use super::{DemoRelay, DemoRun, DemoServer, Edit, PLATFORM, compiled};
use crate::cli::context::Context;
use crate::error::{Error, Result};
use crate::fs;
use crate::platform::changes;
use crate::platform::{IdempotencyKey, PlatformAddress, PlatformClient, PlatformKey};
use serde_json::Value;

const AGENT: &str = "agent_live";

/// Any key: the server of the demo asks for none.
const KEY: &str = "demo";

/// Options of commands that deploy: the output of the compiler was made before.
const COMPILED: [&str; 2] = ["--compiled", "../compiled"];

impl DemoRun {
    /// The whole act, in a folder of its own.
    pub fn deploy(&mut self, cx: &mut Context<'_>, server: &DemoServer) -> Result<()> {
        let place = self.folder.clone();
        let relay = DemoRelay::before(server)?;
        let address = format!("lua+http://{}/{AGENT}", relay.address);
        self.folder = place.join("live");
        fs::create_dir_all(&self.folder)?;
        super::write(&self.folder)?;
        self.key = Some(KEY.to_owned());
        self.pause(cx)?;
        self.remark(cx, "the Lua platform: this server has its routes, and is used in its place")?;
        self.remark(
            cx,
            "`--compiled` names the output of `lua compile`; without it, `lua` is run",
        )?;
        self.run(cx, &["init", "--agent-id", AGENT])?;
        self.run(cx, &["remote", "add", "platform", &address])?;
        self.release(cx, (0, "launch"))?;
        self.run(cx, &["version", "promote", "v1", COMPILED[0], COMPILED[1]])?;
        let [persona, tool, bad] = PLATFORM;
        self.edit_in_dashboard(cx, &address, persona)?;
        self.run_to(cx, &["remote", "verify"], 1)?;
        self.edit(cx, persona)?;
        self.edit(cx, tool)?;
        self.release(cx, (1, "thanks from the dashboard"))?;
        self.break_off(cx, &relay)?;
        self.edit(cx, bad)?;
        self.release(cx, (2, "refunds"))?;
        self.run(cx, &["version", "promote", "v3", COMPILED[0], COMPILED[1]])?;
        self.pause(cx)?;
        self.remark(cx, "an incident is reported: back with one request")?;
        self.run(cx, &["version", "promote", "previous", "-m", "it promises refunds"])?;
        self.run(cx, &["remote", "verify"])?;
        (self.folder, self.key) = (place, None);
        Ok(())
    }

    /// Pushes the files, which nobody notices, and makes a version of them.
    fn release(&mut self, cx: &mut Context<'_>, (state, message): (usize, &str)) -> Result<()> {
        compiled::write(&self.folder.with_file_name("compiled"), state)?;
        self.run(cx, &["push", "-m", message, COMPILED[0], COMPILED[1]])?;
        self.run(cx, &["version", "create", "-m", message, "--offline"])
    }

    /// A promotion whose connection breaks, and the same command again.
    fn break_off(&mut self, cx: &mut Context<'_>, relay: &DemoRelay) -> Result<()> {
        let promote = ["version", "promote", "v2", COMPILED[0], COMPILED[1]];
        self.pause(cx)?;
        self.remark(cx, "the network fails at the switch")?;
        relay.break_at_promotion();
        let mut command = self.command(&promote);
        // Further attempts would take seconds.
        command.env("LUA_STORE_TRIES", "1");
        let ended = self.run_command(cx, (&typed(&promote), command), 11);
        relay.mend();
        ended?;
        self.pause(cx)?;
        self.remark(cx, "the network is there again: the same command finishes")?;
        self.run(cx, &promote)?;
        self.run(cx, &["remote", "verify"])
    }

    /// Somebody gives the agent another persona, without a version.
    fn edit_in_dashboard(&self, cx: &mut Context<'_>, address: &str, edit: &Edit) -> Result<()> {
        let address = PlatformAddress::parse(address)?;
        let key = PlatformKey::find(&address, Some(KEY.to_owned()), None, None)?;
        let text = edit.edited(&self.folder)?;
        let persona = text
            .split('`')
            .nth(1)
            .ok_or_else(|| Error::failed(format!("\"{}\" contains no persona", edit.path())))?;
        let client = PlatformClient::new(address, key);
        let persona = Value::String(persona.to_owned());
        changes::create_persona(&client, &persona, &IdempotencyKey::new()?)?;
        self.pause(cx)?;
        self.remark(cx, "dashboard: somebody adds a sentence to the persona")
    }
}
