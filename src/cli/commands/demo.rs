//! `demo`: the main job on a sample agent, command by command, as a person would type it.

use crate::cli::Exit;
use crate::cli::answer::answer;
use crate::cli::context::Context;
use crate::cli::demo::{self, DemoCommand, DemoRun, DemoServer, StockCommand};
use crate::error::{At, Result};
use crate::fs;
use crate::history::project::Project;
use serde::Serialize;

/// Run the main commands on a sample agent
///
/// Writes a small shop-support agent into a new temporary folder and runs the commands of a working day on it.
/// The folder stays, so that you can continue there.
#[derive(Debug, clap::Args)]
pub struct Demo {
    /// Show the project in a browser at the end, until Ctrl-C
    #[arg(long)]
    ui: bool,
}

/// Commands before the agent is edited.
const BEFORE: &[&[&str]] = &[
    &["init"],
    &["push", "-m", "first push"],
    &["version", "create", "-m", "launch"],
    &["version", "promote", "v1"],
];

const AFTER: &[&[&str]] = &[
    &["status"],
    &["push", "-m", "grinds, and a clearer order lookup"],
    &["version", "create", "-m", "grind advice"],
    &["version", "diff", "v1", "v2"],
    &["version", "promote", "v2", "-m", "the diff looks right"],
    &["log"],
    &["version", "promote", "v1", "-m", "customers are confused: back to launch"],
    &["log", "--ledger"],
    &["source", "rollback", "--version", "1", "--force"],
    &["version", "list"],
    &["fsck"],
];

const AUTHOR: &str = "you@example.com";

impl Demo {
    pub fn run(self, cx: &mut Context<'_>) -> Result<Exit> {
        let folder = fs::temporary_folder("lua-store-demo-")?;
        demo::write(&folder)?;
        let mut show = DemoRun::new(folder)?;
        show.remark(cx, &format!("a sample agent is in {}", show.folder.display()))?;
        for (number, command) in BEFORE.iter().enumerate() {
            show.run(cx, command)?;
            if number == 0 {
                show.set_author(cx)?;
            }
        }
        show.pause(cx)?;
        for edit in demo::EDITS {
            edit.make(&show.folder)?;
            show.remark(cx, &format!("edit {}: {}", edit.path(), edit.said))?;
        }
        for command in AFTER {
            show.run(cx, command)?;
        }
        show.share(cx)?;
        show.print_next_steps(cx)?;
        if self.ui {
            show.show_pages(cx)?;
        }
        Ok(Exit::Done)
    }
}

/// The agent on the server of the demo.
const AGENT: &str = "agent_demo";

/// Author of the promotion that is undone.
const COLLEAGUE: &str = "colleague@example.com";

/// Commands of somebody else's push, and the answer to it.
const PUBLISH: &[&[&str]] = &[
    &["push", "-m", "persona"],
    &["version", "create", "-m", "persona"],
    &["version", "promote", "latest"],
];

/// Commands of a colleague who uses the stock command.
const STOCK: &[&[&str]] = &[
    &["version", "list"],
    &["version", "diff", "1", "2"],
    &["version", "promote", "2"],
    &["source", "list"],
];

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Answer<'a> {
    folder: String,
    commands: &'a [DemoCommand],
}

answer!(demo: Answer<'_>);

impl DemoRun {
    /// The same project on a server, and on two other machines: a drift, and both ways out of it.
    fn share(&mut self, cx: &mut Context<'_>) -> Result<()> {
        let place = self.folder.with_extension("remote");
        fs::create_dir_all(&place)?;
        self.pause(cx)?;
        let data = place.join("data");
        let server = DemoServer::open(&self.program, &data)?;
        self.remark(cx, &format!("a server runs on this machine: {}", server.typed))?;
        let url = format!("{}/{AGENT}", server.url);
        self.run(cx, &["remote", "add", "server", &url])?;
        self.run(cx, &["push"])?;
        let home = std::mem::replace(&mut self.folder, place);
        self.run(cx, &["clone", &url, "laptop"])?;
        self.run(cx, &["clone", &url, "colleague"])?;
        self.resolve(cx)?;
        self.roll_back(cx)?;
        self.deploy(cx, &server)?;
        if let Some(stock) = StockCommand::find() {
            let server = server.with_tokens(&self.program, &data)?;
            self.use_stock(cx, stock, &server)?;
        }
        self.folder = home;
        self.run(cx, &["remote", "remove", "server"])
    }

    /// A colleague works with the stock command alone, on the same history.
    fn use_stock(
        &mut self,
        cx: &mut Context<'_>,
        stock: StockCommand,
        server: &DemoServer,
    ) -> Result<()> {
        let place = self.folder.clone();
        self.pause(cx)?;
        self.remark(cx, "`lua` is installed here: a colleague uses it with the same server")?;
        self.remark(cx, &format!("the server asks for tokens now: {}", server.typed))?;
        let data = place.join("data").display().to_string();
        let token = |owner| {
            let words =
                ["serve", "token", "create", "--agent", AGENT, "--scope", "promote", "--for"];
            [&words[..], &[owner, "--data", &data]].concat()
        };
        let theirs = self.capture(cx, &token(COLLEAGUE))?;
        self.folder = place.join("colleague");
        self.edit(cx, demo::AGENT_ID)?;
        for words in STOCK {
            let mut command = stock.command(&server.url, &theirs);
            command.args(*words).current_dir(&self.folder);
            self.run_command(cx, (&format!("lua {}", words.join(" ")), command), 0)?;
        }
        self.folder = place.join("laptop");
        self.pause(cx)?;
        self.remark(cx, "laptop: who promoted that?")?;
        self.token = Some(self.capture(cx, &token(AUTHOR))?);
        self.run(cx, &["status"])?;
        self.run(cx, &["log", "--ledger", "-n", "2"])?;
        (self.folder, self.token) = (place, None);
        Ok(())
    }

    /// A colleague publishes another persona; it is taken over. Then it is changed here, and published.
    fn resolve(&mut self, cx: &mut Context<'_>) -> Result<()> {
        let place = self.folder.clone();
        let [theirs, ours, _] = demo::PERSONAS;
        self.folder = place.join("colleague");
        self.edit(cx, theirs)?;
        PUBLISH.iter().try_for_each(|command| self.run(cx, command))?;
        self.folder = place.join("laptop");
        self.pause(cx)?;
        self.remark(cx, "laptop: this clone does not know the new version yet")?;
        self.run_to(cx, &["sync", "--check"], 1)?;
        self.run(cx, &["sync", "--accept"])?;
        self.run(cx, &["sync", "--check"])?;
        self.run(cx, &["pull"])?;
        self.edit(cx, ours)?;
        self.run_to(cx, &["sync", "--check"], 1)?;
        PUBLISH.iter().try_for_each(|command| self.run(cx, command))?;
        self.run(cx, &["sync", "--check"])?;
        self.folder = place;
        Ok(())
    }

    /// A night: a colleague promotes something bad, and somebody whose clone knows nothing of it takes it back with one
    /// command.
    fn roll_back(&mut self, cx: &mut Context<'_>) -> Result<()> {
        let place = self.folder.clone();
        let [.., bad] = demo::PERSONAS;
        self.folder = place.join("colleague");
        let author = self.author.replace(COLLEAGUE.to_owned());
        self.run(cx, &["pull"])?;
        self.edit(cx, bad)?;
        PUBLISH.iter().try_for_each(|command| self.run(cx, command))?;
        self.author = author;
        self.folder = place.join("laptop");
        self.pause(cx)?;
        self.remark(
            cx,
            "laptop: an incident is reported; this clone has not contacted the server since",
        )?;
        self.run(cx, &["version", "promote", "previous", "-m", "it promises refunds"])?;
        self.run(cx, &["status"])?;
        self.folder = place;
        Ok(())
    }

    /// Sets an author if none is configured: versions need one.
    fn set_author(&mut self, cx: &mut Context<'_>) -> Result<()> {
        let project = Project::open(&self.folder)?;
        if cx.who(&project).is_ok() {
            return Ok(());
        }
        let store = project.store();
        let lock = store.lock()?;
        let mut config = store.config()?;
        config.set_author(AUTHOR);
        config.save(&lock)?;
        self.author = Some(AUTHOR.to_owned());
        self.remark(
            cx,
            &format!("no author is configured, so the author here is {AUTHOR} (.lua/config.toml)"),
        )
    }

    fn print_next_steps(&self, cx: &mut Context<'_>) -> Result<()> {
        let folder = self.folder.display();
        if cx.out.is_json() {
            let folder = folder.to_string();
            return cx.out.json(&Answer { folder, commands: &self.done });
        }
        cx.out.lines(format!("\nThe project is in {folder}. Go on there:"))?;
        cx.out.line(format!("  cd {folder}"))?;
        cx.out.line(format!("  alias lua-store={}", self.program.display()))?;
        cx.out.line("  lua-store help")?;
        cx.out.line("  lua-store ui         # all of it in a browser")
    }

    /// The pages of the project: the command prints their address, and runs until it is stopped.
    fn show_pages(&self, cx: &mut Context<'_>) -> Result<()> {
        cx.out.finish()?;
        let words: &[&str] = if cx.out.is_json() { &["ui", "--json"] } else { &["ui"] };
        self.command(words).status().at("start", &self.program).map(drop)
    }
}
