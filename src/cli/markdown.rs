//! Markdown of a difference: a comment for a pull request. Text of others is only in code blocks, where it formats nothing.

use super::output::Output;
use crate::compare::StateChange;
use crate::diff::TreeChange;
use crate::error::Result;
use crate::report::{self, Line, Sign};

/// First line: a job finds its earlier comment by it.
const MARK: &str = "<!-- lua-store version diff -->";

/// Most bytes of a block. GitHub refuses a comment of more than 65,536 characters, GitLab one of 1,000,000.
const MOST_BYTES: usize = 28_000;

/// A difference between two versions.
pub struct MarkdownDiff<'a> {
    pub from: &'a str,
    pub to: &'a str,
    /// `None` where a side has no agent.
    pub change: Option<&'a StateChange>,
    /// Differences in the compiled output.
    pub built: Vec<Line>,
    pub files: &'a [TreeChange],
}

impl MarkdownDiff<'_> {
    pub fn print(&self, out: &mut Output) -> Result<()> {
        out.line(MARK)?;
        out.line(format!("### Agent: {} → {}", code(self.from), code(self.to)))?;
        out.line("")?;
        let mut lines = self.change.map(|change| report::lines(change, false)).unwrap_or_default();
        lines.extend(self.built.iter().cloned());
        let differs = lines.iter().any(|line| !line.text.starts_with("No changes: "));
        match differs {
            true => block(out, "diff", lines.iter().map(signed))?,
            false => out.line("The agent is the same.")?,
        }
        out.line("")?;
        let count = match self.files.len() {
            0 => return out.line("No file differs."),
            1 => "1 file differs".to_owned(),
            many => format!("{many} files differ"),
        };
        out.line(format!("<details><summary>{count}</summary>"))?;
        out.line("")?;
        block(
            out,
            "",
            self.files
                .iter()
                .map(|file| super::diff_output::file_line(file).trim_start().to_owned()),
        )?;
        out.line("")?;
        out.line("</details>")
    }
}

/// A name as code, which has no backtick inside.
fn code(name: &str) -> String {
    format!("`{}`", name.replace('`', "'"))
}

/// A line with its sign in the first column, where a viewer of differences colours it.
fn signed(line: &Line) -> String {
    let (sign, shown) = match line.sign {
        Sign::Added => ('+', "+ "),
        Sign::Removed => ('-', "- "),
        Sign::Changed => ('!', "~ "),
        Sign::Plain => (' ', ""),
    };
    let indent = line.text.len() - line.text.trim_start().len();
    let text = line.text.trim_start();
    let text = text.strip_prefix(shown).unwrap_or(text);
    format!("{sign} {}{text}", " ".repeat(indent)).trim_end().to_owned()
}

/// A fenced block. The fence is longer than any row of backticks in it, so that no text can end it.
fn block(out: &mut Output, language: &str, lines: impl Iterator<Item = String>) -> Result<()> {
    let lines: Vec<String> = lines.collect();
    let longest =
        lines.iter().flat_map(|line| line.split(|letter| letter != '`')).map(str::len).max();
    let fence = "`".repeat(longest.unwrap_or(0).max(2) + 1);
    out.line(format!("{fence}{language}"))?;
    let mut room = MOST_BYTES;
    for (at, line) in lines.iter().enumerate() {
        if line.len() >= room {
            out.line(format!(
                "  … and {} more lines: run `lua-store version diff`",
                lines.len() - at
            ))?;
            break;
        }
        room -= line.len() + 1;
        out.line(line)?;
    }
    out.line(fence)
}
