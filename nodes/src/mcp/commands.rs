//! Which programs the operator lets documents start as servers.

use std::path::Path;
use stepwell_core::task::Failure;

/// The variable of the environment that names the programs.
pub const VARIABLE: &str = "STEPWELL_MCP_COMMANDS";

/// The programs that documents may start, by their paths; none by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Commands(Vec<String>);

impl Commands {
    /// Parses `/usr/local/bin/files-server,/opt/tools/server`: absolute paths, so that what a name means cannot change.
    ///
    /// # Errors
    /// A sentence that names the wrong entry, and says what to write.
    pub fn parse(text: &str) -> Result<Self, String> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let absolute = |entry: &str| match Path::new(entry).is_absolute() {
            true => Ok(entry.to_owned()),
            false => Err(format!("{VARIABLE} names {entry:?}: give the absolute path of the program")),
        };
        entries.map(absolute).collect::<Result<_, _>>().map(Self)
    }

    /// Refuses a program that is not named.
    pub fn check(&self, command: &str) -> Result<(), Failure> {
        if self.0.iter().any(|allowed| allowed == command) {
            return Ok(());
        }
        let message = format!(
            "this host starts no {command:?} as a server of the Model Context Protocol: use a server by HTTP, or let \
             whoever runs Stepwell name its absolute path in {VARIABLE}"
        );
        Err(Failure::new("command_not_allowed", message))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_programs_that_are_named_by_their_paths_are_started() {
        let commands = Commands::parse("/opt/a, /opt/b").unwrap();
        assert!(commands.check("/opt/a").is_ok() && commands.check("/opt/b").is_ok());
        for other in ["a", "/opt/a/../c", "/opt", "/opt/a,", "", "/opt/A"] {
            assert_eq!(commands.check(other).unwrap_err().code, "command_not_allowed", "{other}");
        }
        assert!(Commands::default().check("/opt/a").is_err());
        assert!(Commands::parse("npx").unwrap_err().contains("absolute"));
    }
}
