//! MiniStack, one for all tests of a run: it takes seconds to start.

use std::sync::OnceLock;

use local::{keys::Keys, ministack::MiniStack, template::Template, tools::Tools};

/// The running MiniStack; started by whoever asks first, ended with the process.
pub fn ministack() -> &'static MiniStack {
    static STARTED: OnceLock<MiniStack> = OnceLock::new();
    STARTED.get_or_init(|| {
        let start = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let template = Template::load().unwrap();
                let tools = Tools::installed().await.unwrap();
                let folder = tempfile::tempdir().unwrap().keep();
                MiniStack::start(&tools, &template, &Keys::generate().unwrap(), &folder).await.unwrap()
            })
        };
        // A runtime can't block inside another.
        std::thread::spawn(start).join().unwrap()
    })
}
