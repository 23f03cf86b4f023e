//! Child processes that never outlive this one.
//!
//! Each runs under `leash.py`, in a process group of its own, so that a Ctrl-C reaches only this process and the
//! leash ends the child when this process ends, in whichever way. No signals are sent from here.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::{
    error::{Doing, Error, Result},
    tools::Tools,
};

const LEASH: &str = include_str!("leash.py");

/// Longer than the leash's own patience.
const PATIENCE: Duration = Duration::from_secs(8);

/// A running child.
pub(crate) struct Leashed {
    name: &'static str,
    child: Child,
    log: PathBuf,
}

impl Leashed {
    /// Starts `program`; what it prints goes to the file `log`, in place of what an earlier run printed.
    pub(crate) fn start(tools: &Tools, name: &'static str, program: &Command, log: &Path) -> Result<Self> {
        use std::os::unix::process::CommandExt;

        let sentence = format!("{name} can't be started");
        if let Some(folder) = log.parent() {
            std::fs::create_dir_all(folder).doing(&sentence)?;
        }
        let output = File::create(log).doing(&sentence)?;
        let errors = File::try_clone(&output).doing(&sentence)?;
        let mut leash = Command::new(tools.program("python"));
        leash.arg("-c").arg(LEASH).arg(program.get_program()).args(program.get_args());
        for (key, value) in program.get_envs() {
            match value {
                Some(value) => leash.env(key, value),
                None => leash.env_remove(key),
            };
        }
        if let Some(folder) = program.get_current_dir() {
            leash.current_dir(folder);
        }
        let child = leash.stdin(Stdio::piped()).stdout(output).stderr(errors).process_group(0).spawn().doing(&sentence)?;
        Ok(Self { name, child, log: log.to_owned() })
    }

    /// An error if it has ended, which it shouldn't by itself.
    pub(crate) fn check(&mut self) -> Result<()> {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            _ => Err(Error::new(format!("{} has ended; {} says why", self.name, self.log.display()))),
        }
    }
}

impl Drop for Leashed {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
