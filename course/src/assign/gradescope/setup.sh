#!/usr/bin/env bash
# Gradescope runs this once, when the autograder is built, with network.
set -euo pipefail
root="${AUTOGRADER:-/autograder}"

apt-get update -qq
apt-get install -y -qq build-essential bubblewrap curl
curl --proto '=https' --tlsv1.2 -fsS https://sh.rustup.rs | sh -s -- -y --profile minimal --default-toolchain RUST
. "$HOME/.cargo/env"

# All that is compiled before a submission is there: the tool, and what the listings need.
cd "$root/source/book"
cargo build --locked --workspace --bins --examples
# Students' code does not run as the owner of this, and may not read it.
chmod -R go= "$root/source"
