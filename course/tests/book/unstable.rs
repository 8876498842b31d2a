//! `cargo course verify --toolchain`, with a `rustup` that knows one toolchain: the compiler of this run, as `beta`.

use std::os::unix::fs::PermissionsExt as _;
use std::{env, fs};

use crate::small_book::SmallBook;

const RUSTUP: &str = "#!/bin/sh
if [ \"$2\" != beta ]; then
    echo \"error: toolchain '$2' is not installed\" >&2
    exit 1
fi
shift 2
exec \"$@\"
";

/// One listing that is unstable for good, and one that is not.
const LISTINGS: &str = "<!-- compile_fail: unstable -->
```rust,compile_fail,E0658
std::intrinsics::abort();
```

<!-- compile_fail: unstable -->
```rust,compile_fail,E0658
std::process::abort();
```

## Exercises";

#[test]
fn listings_that_have_become_stable_are_problems_and_a_missing_toolchain_a_fault() {
    let book = SmallBook::new();
    book.edit("src/small.md", "## Exercises", LISTINGS);
    book.write("bin/rustup", RUSTUP);
    fs::set_permissions(book.path("bin/rustup"), fs::Permissions::from_mode(0o755)).unwrap();
    let path = env::var_os("PATH").unwrap();
    let path = env::join_paths(
        [book.path("bin")]
            .into_iter()
            .chain(env::split_paths(&path)),
    );
    let path = path.unwrap();
    let asked = |toolchain: &str| {
        let output = course_tests::course()
            .args(["verify", "--toolchain", toolchain])
            .current_dir(book.root())
            .env("PATH", &path)
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let (code, said) = asked("beta");
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains(": 1 unstable, 1 no longer\n"), "{said}");
    assert!(
        said.contains("error: src/small.md:46: this has become stable: rustc "),
        "{said}"
    );
    let (code, said) = asked("nightly");
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("run `rustup toolchain install nightly --profile minimal`"),
        "{said}"
    );
}
