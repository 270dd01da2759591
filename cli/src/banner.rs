//! What `stepwell dev` says of itself once it serves: where, on which folder, as whom, and what to do next.

use super::{Failure, Globals, output};
use engine::port::Host;
use local::{Local, server};
use serde_json::json;

/// The facts that the banner tells.
pub struct Banner {
    url: String,
    folder: String,
    user: String,
    /// Whether callers at the port are the user without any token.
    signs_in: bool,
}

impl Banner {
    /// Gathers the facts of a host that listens at `url`. `signs_in` is whether requests of
    /// this machine need no token as long as there is none.
    pub async fn of(host: &Local, url: &str, signs_in: bool) -> Result<Self, Failure> {
        let signs_in = signs_in && !host.tokens().has_tokens().await?;
        let folder = host.folder().path();
        // A folder that was just opened has a whole path; where the system does not tell it, the one given will do.
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        Ok(Self { url: url.into(), folder: folder.display().to_string(), user: server::local_subject(), signs_in })
    }

    /// Tells the address on stdout, where scripts wait for it, and the rest on stderr, in the form of its logs.
    pub fn tell(&self, globals: &Globals, for_people: bool) {
        let version = env!("CARGO_PKG_VERSION");
        let data = globals.data().display().to_string();
        if globals.json {
            let all = json!({"url": self.url, "pid": std::process::id(), "data": data, "folder": self.folder,
                "version": version, "user": self.user, "signed_in": self.signs_in});
            output::json(&all);
        } else {
            output::line(&format!("stepwell listens on {}", self.url));
        }
        if for_people {
            eprintln!("{}", self.text(version, &globals.data_flag()));
        } else {
            let (url, folder, user, signed_in) = (&self.url, &self.folder, &self.user, self.signs_in);
            tracing::info!(%url, %folder, %user, signed_in, version, pid = std::process::id(), "serving");
        }
    }

    fn text(&self, version: &str, data_flag: &str) -> String {
        let who = match self.signs_in {
            true => "signed in without a token",
            false => "for commands in this folder; callers at the port need a token",
        };
        let commands = [
            ("save FILE", "saves a workflow; `stepwell start ID` starts it"),
            ("ls", "what runs, and what ran"),
            ("inbox", "the questions that wait for an answer"),
            ("doctor", "whether the set-up is sound"),
        ];
        let commands = commands.map(|(name, what)| (format!("stepwell {name}{data_flag}"), what));
        let width = commands.iter().map(|(command, _)| command.chars().count()).max().unwrap_or_default();
        let mut rows = vec![
            ("version", version.to_owned()),
            ("folder", output::clean(&self.folder)),
            ("user", format!("{}, {who}", output::clean(&self.user))),
            ("look", format!("{}/ (`stepwell open` opens it in a browser)", self.url)),
            ("routes", format!("{}/openapi.json", self.url)),
            ("next", "in another terminal, in this folder:".to_owned()),
        ];
        rows.extend(commands.iter().map(|(command, what)| ("", format!("{command:<width$}  {what}"))));
        rows.push(("stop", "Ctrl-C".to_owned()));
        let lines = rows.iter().map(|(name, value)| format!("  {} {value}", output::dim(&format!("{name:<8}"))));
        lines.collect::<Vec<_>>().join("\n") + "\n"
    }
}
