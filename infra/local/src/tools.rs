//! The Python tools of the local stack, in a virtual environment under `.local/`.
//!
//! They are pinned in `requirements.txt`. The environment is made at the first start, and again when the pins change;
//! a lock keeps two starts from making it at once. Nothing outside `.local/` is touched.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
};
use tokio::process::Command;

use crate::{
    error::{Doing, Error, Result},
    progress::Step,
    template::checkout,
};

const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// The environment's programs.
#[derive(Debug, Clone)]
pub struct Tools {
    programs: PathBuf,
}

impl Tools {
    /// The tools, installed if they aren't yet; says what it does on standard error.
    pub async fn installed() -> Result<Self> {
        let home = home()?;
        let environment = home.join("venv");
        let tools = Self { programs: environment.join("bin") };
        let lock = lock_file(&home.join("tools.lock"))?;
        lock.lock().doing("the lock on the Python tools can't be taken")?;
        // Scripts in there name their Python by its whole path, so a checkout that was moved or copied installs anew.
        let stamp = environment.join("installed.txt");
        let complete = format!("{}\n{REQUIREMENTS}", environment.display());
        if tools.program("python").exists() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == complete) {
            return Ok(tools);
        }
        let mut step = Step::begin(&format!("Installing the Python tools into {}", environment.display()));
        let python = python().await?;
        run(
            Command::new(python).args(["-m", "venv", "--clear"]).arg(&environment),
            "a Python virtual environment can't be made (on Debian it needs the package python3-venv)",
        )
        .await?;
        let requirements = environment.join("requirements.txt");
        fs::write(&requirements, REQUIREMENTS).doing("the list of Python tools can't be written")?;
        run(
            Command::new(tools.program("python")).args(["-m", "pip", "install", "--disable-pip-version-check", "-r"]).arg(&requirements),
            "the Python tools can't be installed (pip says why above)",
        )
        .await?;
        fs::write(&stamp, complete).doing("the Python environment can't be marked as complete")?;
        step.done("done");
        Ok(tools)
    }

    /// The path of one of them.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }
}

/// `.local/` in the checkout, which git ignores.
pub(crate) fn home() -> Result<PathBuf> {
    let home = checkout()?.join(".local");
    fs::create_dir_all(&home).doing(format!("{} can't be made", home.display()))?;
    Ok(home)
}

/// A file to lock, made if it isn't there.
pub(crate) fn lock_file(path: &Path) -> Result<File> {
    File::options().create(true).truncate(false).write(true).open(path).doing(format!("{} can't be opened", path.display()))
}

/// A Python that is new enough.
async fn python() -> Result<&'static str> {
    for name in ["python3", "python3.13", "python3.12", "python3.11", "python"] {
        let mut check = Command::new(name);
        check.args(["-c", "import sys; sys.exit(sys.version_info < (3, 11))"]).stdout(Stdio::null()).stderr(Stdio::null());
        if check.status().await.is_ok_and(|status| status.success()) {
            return Ok(name);
        }
    }
    Err(Error::new("Python 3.11 or newer is needed and was not found: install it and start again"))
}

async fn run(command: &mut Command, sentence: &str) -> Result<()> {
    // Standard output is for the one line that says that the stack is up.
    let command = command.stdin(Stdio::null()).stdout(std::io::stderr()).kill_on_drop(true);
    let status = command.status().await.doing(sentence)?;
    if status.success() { Ok(()) } else { Err(Error::new(sentence)) }
}
