//! Stands between skeptic and rustc: skeptic 0.14.2 knows editions up to 2021, and the listings are of edition 2024.
//!
//! It passes everything on, but for the edition. Once skeptic knows 2024 itself, this can go.

use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    let arguments = std::env::args_os().skip(1).map(|argument| {
        if argument == "--edition=2021" {
            "--edition=2024".into()
        } else {
            argument
        }
    });
    match Command::new("rustc").args(arguments).status() {
        Ok(status) => ExitCode::from(u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)),
        Err(error) => {
            eprintln!("rustc cannot be started: {error}");
            ExitCode::FAILURE
        }
    }
}
