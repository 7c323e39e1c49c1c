//! A terminal of its own with a program in it: keys go in, and what is on the screen can be looked at.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Far above what anything here takes on a loaded machine.
const DEADLINE: Duration = Duration::from_secs(120);

const COLUMNS: &str = "100";
const LINES: &str = "26";

/// Ends the program when dropped.
pub struct Screen {
    folder: TempDir,
}

impl Screen {
    /// Starts a command with exactly its environment, arguments and folder.
    pub fn start(command: &Command) -> Screen {
        let screen = Screen { folder: TempDir::new().unwrap() };
        let mut tmux = screen.tmux();
        tmux.env_clear().env("LC_ALL", "C.UTF-8").env("PATH", std::env::var_os("PATH").unwrap());
        for (name, value) in command.get_envs() {
            tmux.env(name, value.unwrap_or_default());
        }
        tmux.args(["-f", "/dev/null", "new-session", "-d", "-x", COLUMNS, "-y", LINES]);
        tmux.arg("-c").arg(command.get_current_dir().unwrap());
        tmux.arg(command.get_program()).args(command.get_args());
        run(&mut tmux);
        screen
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("tmux")
    }

    fn tmux(&self) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(self.socket());
        command
    }

    /// Presses keys: their names, or text.
    pub fn keys(&self, keys: &[&str]) {
        run(self.tmux().args(["send-keys", "--"]).args(keys));
    }

    /// What is on it, without blanks at the ends of lines.
    pub fn text(&self) -> String {
        let output = run(self.tmux().args(["capture-pane", "-p"]));
        let text = String::from_utf8(output.stdout).unwrap();
        text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
    }

    /// Waits until all of this is on it.
    pub fn until(&self, parts: &[&str]) -> String {
        self.when(&format!("{parts:?}"), |text| parts.iter().all(|part| text.contains(part)))
    }

    /// Waits until it looks so.
    pub fn when(&self, what: &str, is_so: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        let mut text = self.text();
        while !is_so(&text) {
            assert!(begun.elapsed() < DEADLINE, "never on the screen: {what}\n{text}");
            std::thread::yield_now();
            text = self.text();
        }
        text
    }
}

fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

impl Drop for Screen {
    fn drop(&mut self) {
        // A screen whose program has ended is gone by itself.
        drop(self.tmux().arg("kill-server").output());
    }
}
