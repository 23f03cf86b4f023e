//! The functions' binaries as they are uploaded.

use std::{fs, io::Write};

use flate2::{Compression, write::DeflateEncoder};

use crate::{
    function::{all, binary},
    report::{Report, Target},
};

/// The functions that speak to Stripe, and so have its client too.
const SPEAK_TO_STRIPE: [&str; 2] = ["clients", "stripe-events"];

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
        let most = if SPEAK_TO_STRIPE.contains(&function.as_str()) { 6.5 } else { 5.0 };
        report.row(&format!("{function}: zipped"), zipped, "MB", Target::AtMost(most));
    }
}
