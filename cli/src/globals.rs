//! The arguments that all commands share. clap shows the comments on the type that it derives from as the text of
//! `--help`.

use super::{Failure, output};
use clap::Args;
use local::server::OWNER;
use std::path::PathBuf;

/// What every command takes.
#[derive(Clone, Args)]
#[command(next_help_heading = "Options of all commands")]
pub struct Globals {
    /// The data folder [default: STEPWELL_DATA, else .stepwell]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Talk to the host at this address instead of a data folder
    #[arg(long, global = true, value_name = "URL")]
    pub url: Option<String>,
    /// The API token for --url [default: STEPWELL_TOKEN]
    #[arg(long, global = true, value_name = "TOKEN")]
    pub token: Option<String>,
    /// Act for another tenant of a data folder than its own user's
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "url")]
    pub owner: Option<String>,
    /// Write one JSON value to stdout
    #[arg(long, global = true)]
    pub json: bool,
}

impl Globals {
    /// The data folder: `--data`, else `STEPWELL_DATA`, else `.stepwell` in the current folder.
    pub fn data(&self) -> PathBuf {
        let from_env = || std::env::var_os("STEPWELL_DATA").filter(|dir| !dir.is_empty()).map(PathBuf::from);
        self.data.clone().or_else(from_env).unwrap_or_else(|| ".stepwell".into())
    }

    /// The API token for `--url`: `--token`, else `STEPWELL_TOKEN`. None where neither is given or it is empty.
    pub fn token(&self) -> Option<String> {
        self.token.clone().or_else(|| std::env::var("STEPWELL_TOKEN").ok()).filter(|token| !token.is_empty())
    }

    /// The tenant that the user of a data folder acts for.
    pub fn owner(&self) -> &str {
        self.owner.as_deref().unwrap_or(OWNER)
    }

    /// Refuses `--url` and `--token`, for a command that is a host itself.
    ///
    /// # Errors
    /// Where one of them was given.
    pub fn refuse_elsewhere(&self, command: &str) -> Result<(), Failure> {
        let given = [("--url", &self.url), ("--token", &self.token)];
        let Some((name, _)) = given.into_iter().find(|(_, value)| value.is_some()) else { return Ok(()) };
        let message = format!("{name} is for commands that talk to a host, and `stepwell {command}` is one");
        Err(Failure::usage(message, "leave it out; --data names the folder that it serves"))
    }

    /// Checks what clap does not know to be wrong.
    ///
    /// # Errors
    /// A name that no tenant may have.
    pub fn check(&self) -> Result<(), Failure> {
        match self.owner.as_deref().filter(|owner| !api::is_owner(owner)) {
            Some(owner) => {
                let hint = "use 1 to 64 of A-Z a-z 0-9 . _ -";
                Err(Failure::usage(format!("`{owner}` cannot name a tenant"), hint))
            }
            None => Ok(()),
        }
    }

    /// The options by which a suggested command finds the same execution: `--data`, `--url` and `--owner`, as far as
    /// this command was given them; each after a space. A token is not repeated.
    pub fn flags(&self) -> String {
        let url = self.url.as_ref().map(|url| format!(" --url {}", output::quoted(url)));
        let owner = self.owner.as_ref().map(|owner| format!(" --owner {}", output::quoted(owner)));
        [self.data_flag(), url.unwrap_or_default(), owner.unwrap_or_default()].concat()
    }

    /// ` --data DIR`, to be added to a command that is suggested, where this one was given the option; else nothing.
    pub fn data_flag(&self) -> String {
        self.data.as_ref().map(|dir| format!(" --data {}", output::quoted(&dir.to_string_lossy()))).unwrap_or_default()
    }

    /// A command of this program as it can be pasted into a shell: the program, the words, and the options that lead to
    /// the same host.
    pub fn pasted(&self, words: &[&str]) -> String {
        let words: Vec<String> = words.iter().map(|word| output::quoted(word)).collect();
        format!("{} {}{}", program(), words.join(" "), self.flags())
    }
}

/// The program as people call it: by its path where they called it by one from where they are, as `cargo run` and
/// `./stepwell` do, and else by its name. Whole paths are how scripts call programs.
fn program() -> String {
    named(std::env::args_os().next().map(|name| name.to_string_lossy().into_owned()))
}

fn named(called: Option<String>) -> String {
    let path = called.filter(|name| name.contains('/') && !name.starts_with('/'));
    path.map_or_else(|| "stepwell".into(), |name| output::quoted(&name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_calls_the_program_as_it_was_called() {
        let called = |name: &str| named(Some(name.to_owned()));
        assert_eq!(called("target/release/stepwell"), "target/release/stepwell");
        assert_eq!([called("stepwell"), called("/opt/stepwell/bin/stepwell"), named(None)], ["stepwell"; 3]);
        assert_eq!(called("./my tools/stepwell"), "'./my tools/stepwell'");
    }
}
