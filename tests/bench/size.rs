//! The functions' binaries as they are uploaded.

use std::{fs, io::Write};

use flate2::{Compression, write::DeflateEncoder};

use crate::{
    function::{all, binary},
    report::{Report, Target},
};

/// Measure and print.
pub(crate) fn measure(report: &mut Report) {
    report.part("release binaries");
    report.note("zipped: by Deflate, which is what a zip does; for this machine's processor");
    for function in all() {
        let bytes = fs::read(binary(&function)).unwrap();
        report.row(&format!("{function}: stripped"), bytes.len() as f64 / 1e6, "MB", Target::Unset);
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(&bytes).unwrap();
        let zipped = encoder.finish().unwrap().len() as f64 / 1e6;
        report.row(&format!("{function}: zipped"), zipped, "MB", Target::AtMost(5.0));
    }
}
