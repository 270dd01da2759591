//! The user's editor, for texts that are too long for a line.

use crate::limits;
use std::{
    io::{Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};
use tokio::process::Command;
use uuid::Uuid;

/// The command of an editor, as `VISUAL` or `EDITOR` has it.
pub struct Editor(String);

impl Editor {
    /// The editor that the environment names; none where it names none.
    pub fn found() -> Option<Self> {
        let named = |name: &str| std::env::var(name).ok().filter(|command| !command.trim().is_empty());
        named("VISUAL").or_else(|| named("EDITOR")).map(Self)
    }

    /// What people call the editor: the program without its folder and options.
    pub fn name(&self) -> &str {
        let program = self.0.split_whitespace().next().unwrap_or_default();
        program.rsplit('/').next().unwrap_or(program)
    }

    /// Lets the user change a text, in a file whose name ends as given, such as `.md`. The file is readable by the user
    /// alone, and removed afterwards.
    ///
    /// # Errors
    /// For people: the editor cannot be started, ended badly, or left what is no text.
    pub async fn edit(&self, text: &str, ending: &str) -> Result<String, String> {
        let file = Scratch(std::env::temp_dir().join(format!("stepwell-{}{ending}", Uuid::now_v7())));
        file.write(text).map_err(|error| format!("no file for the editor can be written: {error}"))?;
        // The command may have options, so a shell reads it, as other programs do.
        let mut shell = Command::new("sh");
        shell.arg("-c").arg(format!("{} \"$1\"", self.0)).arg("sh").arg(&file.0);
        let ended = shell.status().await.map_err(|error| format!("{} cannot be started: {error}", self.name()))?;
        if !ended.success() {
            return Err(format!("{} ended with {ended}: nothing is taken from it", self.name()));
        }
        let text = read(&file.0).map_err(|error| format!("what {} wrote cannot be read: {error}", self.name()))?;
        // Editors end the last line, which the text need not.
        Ok(text.strip_suffix('\n').map(str::to_owned).unwrap_or(text))
    }
}

/// A file that is removed when it is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn write(&self, text: &str) -> std::io::Result<()> {
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.0)?;
        file.write_all(text.as_bytes())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(limits::EDITED_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_is_called_by_its_program() {
        assert_eq!(Editor("/usr/bin/code --wait".into()).name(), "code");
        assert_eq!(Editor("vi".into()).name(), "vi");
    }
}
