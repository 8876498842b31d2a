#!/usr/bin/env bash
# Gradescope runs this once, when the autograder is built, with network.
set -euo pipefail
root="${AUTOGRADER:-/autograder}"

apt-get update -qq
apt-get install -y -qq build-essential bubblewrap curl
curl --proto '=https' --tlsv1.2 -fsS https://sh.rustup.rs | sh -s -- -y --profile minimal --default-toolchain RUST
. "$HOME/.cargo/env"

# Compiled before there is a submission: the programs that `run_autograder` calls, and what the listings need.
cd "$root/source/book"
cargo build --locked --bin course --bin course-grader --bin course-gradebook
cargo build --locked --workspace $(basename -s .rs listings/examples/*.rs | sed 's/^/--example /')
# Students' code does not run as the owner of this, and may not read it. But the grader restricts it from inside.
chmod -R go= "$root/source"
chmod go+x "$root/source" . target target/debug
chmod go+rx target/debug/course-grader
