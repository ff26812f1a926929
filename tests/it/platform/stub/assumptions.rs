//! Assumptions about the real platform, which nobody who only sees its client can check.

use std::collections::BTreeSet;

/// One field for everything that the description of the protocol calls assumed, unknown, or said by the vendor.
#[derive(Clone, Debug)]
pub struct Assumptions {
    /// Answers that are in an envelope: names of kinds (their lists and the lists of their versions), `agent`, `personas`,
    /// `mcp-servers`, `versions`. Backups are always bare, as the command reads them so.
    pub enveloped: BTreeSet<&'static str>,
    /// True if a promote sets the persona that is served (servers of 3.44), false if it moves the mark of the current one only.
    pub promote_serves_persona: bool,
    /// True if a promote sets the MCP servers.
    pub promote_sets_servers: bool,
    /// True if a promote stops a primitive that its version does not contain.
    pub promote_stops_absent: bool,
    pub publish_false: PublishFalse,
    /// True if a POST with a known key is answered as the first time, and done once.
    pub idempotency: bool,
    pub code_hashes: CodeHashes,
    /// Highest number of versions that an agent may have.
    pub most_versions: Option<usize>,
    /// False if the agents may have no versions.
    pub versioning: bool,
    /// False if the platform does not know the four optional kinds.
    pub optional_kinds: bool,
    /// True if #9 shows the settings that are in no snapshot.
    pub settings_shown: bool,
    pub staged_rule: StagedRule,
    /// True if a primitive that is deleted is deactivated only: its name stays in the list, without a live number.
    pub delete_deactivates: bool,
    /// True if a new MCP server is active at once.
    pub new_server_active: bool,
    /// True if a field that a route does not know is refused, false if it is ignored.
    pub refuse_unknown_fields: bool,
    /// Number of entries in a list without `all=true`.
    pub page: usize,
}

/// The meaning of `publish: false` in a new persona version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublishFalse {
    /// A draft is made (servers of 3.44).
    Draft,
    /// The version is published and current, as without the field.
    Ignored,
    /// The field is refused.
    Refused,
}

/// Hashes of the code in #33.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeHashes {
    Hidden,
    /// Those by which the bundles were pushed.
    OfBundles,
    /// Those of bundles, for skills alone.
    OfSkills,
    /// Of something else.
    Others,
}

/// The rule by which a new agent version is refused with `NO_STAGED_CHANGES`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StagedRule {
    /// The snapshot is that of the newest version.
    Snapshot,
    /// The snapshot and the backup are those of the newest version.
    SnapshotAndBackup,
    Never,
}

impl Default for Assumptions {
    fn default() -> Assumptions {
        Assumptions {
            enveloped: BTreeSet::from(["webhooks", "jobs", "preprocessors", "postprocessors"]),
            promote_serves_persona: true,
            promote_sets_servers: true,
            promote_stops_absent: true,
            publish_false: PublishFalse::Draft,
            idempotency: true,
            code_hashes: CodeHashes::Hidden,
            most_versions: None,
            versioning: true,
            optional_kinds: true,
            settings_shown: true,
            staged_rule: StagedRule::Snapshot,
            delete_deactivates: false,
            new_server_active: true,
            refuse_unknown_fields: false,
            page: 20,
        }
    }
}

/// Changes the default in one place.
type Turn = fn(&mut Assumptions);

/// Everything that can be in an envelope.
const ALL: [&str; 14] = [
    "skills",
    "webhooks",
    "jobs",
    "triggers",
    "preprocessors",
    "postprocessors",
    "voice-agents",
    "devices",
    "device-triggers",
    "workflows",
    "agent",
    "personas",
    "mcp-servers",
    "versions",
];

const TURNS: [(&str, Turn); 19] = [
    ("default", |_| {}),
    ("all bare", |a| a.enveloped.clear()),
    ("all enveloped", |a| a.enveloped = BTreeSet::from(ALL)),
    ("promote serves no persona", |a| a.promote_serves_persona = false),
    ("promote sets no servers", |a| a.promote_sets_servers = false),
    ("promote stops nothing", |a| a.promote_stops_absent = false),
    ("publish:false ignored", |a| a.publish_false = PublishFalse::Ignored),
    ("publish:false refused", |a| a.publish_false = PublishFalse::Refused),
    ("no idempotency", |a| a.idempotency = false),
    ("code hashes", |a| a.code_hashes = CodeHashes::OfBundles),
    ("code hashes of another kind", |a| a.code_hashes = CodeHashes::Others),
    ("no optional kinds", |a| a.optional_kinds = false),
    ("settings not shown", |a| a.settings_shown = false),
    ("equal versions differ by backup", |a| a.staged_rule = StagedRule::SnapshotAndBackup),
    ("equal versions allowed", |a| a.staged_rule = StagedRule::Never),
    ("delete deactivates", |a| a.delete_deactivates = true),
    ("new servers inactive", |a| a.new_server_active = false),
    ("unknown fields refused", |a| a.refuse_unknown_fields = true),
    ("at most 100 versions", |a| a.most_versions = Some(100)),
];

impl Assumptions {
    /// The default, then each other platform that differs from it in one assumption, with its name. Those that refuse all
    /// versions are left out: they are not the platform of a promote.
    pub fn each() -> Vec<(&'static str, Assumptions)> {
        let turned = |(name, turn): (&'static str, Turn)| {
            let mut assumptions = Assumptions::default();
            turn(&mut assumptions);
            (name, assumptions)
        };
        TURNS.map(turned).into()
    }
}
