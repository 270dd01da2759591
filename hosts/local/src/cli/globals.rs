//! The arguments that all commands share. clap shows the comments on the type that it derives from as the text of
//! `--help`.

use super::output;
use clap::Args;
use std::path::PathBuf;

/// What every command takes.
#[derive(Args)]
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

    /// ` --data DIR`, to be added to a command that is suggested, where this one was given the option; else nothing.
    pub fn data_flag(&self) -> String {
        self.data.as_ref().map(|dir| format!(" --data {}", output::quoted(&dir.to_string_lossy()))).unwrap_or_default()
    }

    /// The options by which a suggested command finds the same execution: `--data` and `--url`, as far as this command
    /// was given them; each after a space. A token is not repeated, since others may read the screen.
    pub fn flags(&self) -> String {
        let url = self.url.as_ref().map(|url| format!(" --url {}", output::quoted(url)));
        [self.data_flag(), url.unwrap_or_default()].concat()
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
