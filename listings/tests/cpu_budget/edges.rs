//! One test for each way in which the files have been seen to be odd.

use std::io::ErrorKind::{InvalidData, IsADirectory, PermissionDenied};

use listings::cpu_budget::{Found, Reason, Version};

use crate::{Process, file, ratio};

/// A process with one line of mountinfo, and the same limit wherever a `cpu.max` might be looked for in vain.
fn v2(path: &str, root: &str, point: &str) -> Process {
    Process::new(
        format!("0::{path}\n"),
        format!("28 20 0:24 {root} {point} rw shared:4 - cgroup2 cgroup2 rw\n"),
    )
}

// What /proc/self/cgroup says.

#[test]
fn cgroup_path_may_contain_colons() {
    let process = v2("/a:b:c", "/", "/cg").file("/cg/a:b:c/cpu.max", "150000 100000\n");
    assert_eq!(process.workers(), 2);
}

#[test]
fn cgroup_path_may_contain_spaces_and_other_bytes() {
    let process = v2("/my app", "/", "/cg").file("/cg/my app/cpu.max", "150000 100000\n");
    assert_eq!(process.workers(), 2);
    let mut process = v2("", "/", "/cg").file(b"/cg/\xff\xfe/cpu.max", "150000 100000\n");
    process.cgroup = b"0::/\xff\xfe\n".to_vec();
    assert_eq!(process.workers(), 2);
}

#[test]
fn cgroup_lines_that_are_none_are_skipped() {
    let mut process = v2("/a", "/", "/cg").file("/cg/a/cpu.max", "150000 100000\n");
    process.cgroup = b"\nnonsense\n:\n::\n0::relative\n7:cpu:relative\n0::/a\n\xff\n".to_vec();
    assert_eq!(process.workers(), 2);
}

#[test]
fn cgroup_without_a_line_about_cpu_time_is_said_to_be() {
    let process = Process::new(
        "3:cpuset:/\n2:name=cpu:/\n1:cpu_exclusive,xcpu:/\n",
        Process::v2("/").mountinfo,
    );
    assert_eq!(process.budget().reason, Reason::NoCpuController);
    assert_eq!(process.workers(), 8);
    assert_eq!(
        Process::new("", "").budget().reason,
        Reason::NoCpuController
    );
}

#[test]
fn cgroup_that_is_deleted_leaves_its_ancestors() {
    // The kernel appends ` (deleted)` to the path; the directory is gone, its parents are not.
    let process = v2("/pod/app (deleted)", "/", "/cg").file("/cg/pod/cpu.max", "150000 100000\n");
    assert_eq!(process.workers(), 2);
    assert_eq!(
        process.levels()[0],
        ("/cg/pod/app (deleted)/cpu.max".into(), Found::Missing)
    );
}

#[test]
fn cgroup_outside_of_the_namespace_is_said_to_be() {
    for path in ["/..", "/../../b", "/a/../b"] {
        let process = v2(path, "/", "/cg").file("/cg/b/cpu.max", "150000 100000\n");
        assert_eq!(
            process.budget().reason,
            Reason::OutsideNamespace(file(path))
        );
        assert_eq!(process.workers(), 8);
    }
    let process = v2("/..a", "/", "/cg").file("/cg/..a/cpu.max", "150000 100000\n");
    assert_eq!(process.workers(), 2, "a name may begin with dots");
}

// What /proc/self/mountinfo says.

#[test]
fn mount_may_be_anywhere() {
    let process = v2("/a", "/", "/mnt/cg").file("/mnt/cg/a/cpu.max", "150000 100000\n");
    assert_eq!(process.workers(), 2);
    let process = v2("/a", "/", "/").file("/a/cpu.max", "150000 100000\n");
    assert_eq!(process.workers(), 2);
}

#[test]
fn mount_point_is_unescaped() {
    let limit = "150000 100000\n";
    assert_eq!(
        v2("/a", "/", r"/mnt/c\040g")
            .file("/mnt/c g/a/cpu.max", limit)
            .workers(),
        2
    );
    assert_eq!(
        v2("/a", "/", r"/\011\012\134\043")
            .file("/\t\n\\#/a/cpu.max", limit)
            .workers(),
        2
    );
    assert_eq!(
        v2("/a", "/", r"/\303\251")
            .file("/é/a/cpu.max", limit)
            .workers(),
        2
    );
}

#[test]
fn mount_point_keeps_what_is_no_escape() {
    let limit = "150000 100000\n";
    for odd in [r"/\04", r"/\4000", r"/\+12", r"/\999", "/\\"] {
        assert_eq!(
            v2("/a", "/", odd)
                .file(format!("{odd}/a/cpu.max"), limit)
                .workers(),
            2,
            "{odd}"
        );
    }
}

#[test]
fn mount_root_is_unescaped_and_stripped() {
    let process = v2("/my pod/a", r"/my\040pod", "/cg").file("/cg/a/cpu.max", "150000 100000\n");
    assert_eq!(process.workers(), 2);
}

#[test]
fn mount_root_is_stripped_between_components_only() {
    let process = v2("/docker2/a", "/docker", "/cg").file("/cg2/a/cpu.max", "150000 100000\n");
    assert_eq!(
        process.budget().reason,
        Reason::NotMounted(Version::V2, file("/docker2/a"))
    );
}

#[test]
fn mount_of_another_part_of_the_tree_is_not_taken() {
    let process = v2("/a", "/other", "/cg").file("/cg/a/cpu.max", "150000 100000\n");
    assert_eq!(
        process.budget().reason,
        Reason::NotMounted(Version::V2, file("/a"))
    );
}

#[test]
fn mount_from_before_the_namespace_is_said_to_be_out_of_reach() {
    let process = v2("/", "/../..", "/cg").file("/cg/cpu.max", "150000 100000\n");
    assert_eq!(
        process.budget().reason,
        Reason::NotMounted(Version::V2, file("/"))
    );
    assert_eq!(process.workers(), 8);
}

#[test]
fn mount_that_is_missing_is_said_to_be() {
    let process = Process::new("0::/a\n", "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n");
    assert_eq!(
        process.budget().reason,
        Reason::NotMounted(Version::V2, file("/a"))
    );
    let process = Process::new("4:cpu:/a\n", v2("/a", "/", "/cg").mountinfo);
    assert_eq!(
        process.budget().reason,
        Reason::NotMounted(Version::V1, file("/a"))
    );
}

#[test]
fn mount_may_have_any_number_of_optional_fields() {
    for optional in [
        "",
        "shared:4 ",
        "shared:4 master:1 propagate_from:2 unbindable ",
    ] {
        let line = format!("28 20 0:24 / /cg rw {optional}- cgroup2 cgroup2 rw\n");
        let process = Process::new("0::/a\n", line).file("/cg/a/cpu.max", "150000 100000\n");
        assert_eq!(process.workers(), 2, "{optional}");
    }
}

#[test]
fn mount_may_have_options_with_spaces_and_hyphens() {
    let process = Process::new(
        "2:cpu:/a\n",
        "27 20 0:23 / /backup rw - fuse.x x rw,name=my - cgroup cgroup rw,cpu\n\
         28 20 0:24 / /cg rw - cgroup cgroup rw,release_agent=/my agent,cpu\n",
    )
    .cfs("/cg/a", "150000\n", "100000\n")
    .cfs("/backup/a", "700000\n", "100000\n");
    assert_eq!(process.workers(), 2);
}

#[test]
fn mount_without_a_source_or_options_is_no_mount() {
    for line in [
        "28 20 0:24 / /cg rw - cgroup2\n",
        "28 20 0:24 / /cg rw\n",
        "28 20\n",
        "- - - -\n",
    ] {
        let process = Process::new("0::/a\n", line).file("/cg/a/cpu.max", "150000 100000\n");
        assert_eq!(
            process.budget().reason,
            Reason::NotMounted(Version::V2, file("/a")),
            "{line}"
        );
    }
}

#[test]
fn mount_on_top_hides_the_one_below() {
    let hidden = "28 20 0:24 / /cg rw - cgroup2 cgroup2 rw\n29 28 0:25 / /cg rw - tmpfs tmpfs rw\n";
    let process = Process::new("0::/a\n", hidden).file("/cg/a/cpu.max", "150000 100000\n");
    assert_eq!(
        process.budget().reason,
        Reason::NotMounted(Version::V2, file("/a"))
    );
    let on_top = "28 20 0:24 / /cg rw - tmpfs tmpfs rw\n29 28 0:25 / /cg rw - cgroup2 cgroup2 rw\n";
    let process = Process::new("0::/a\n", on_top).file("/cg/a/cpu.max", "150000 100000\n");
    assert_eq!(process.workers(), 2);
}

#[test]
fn mount_on_top_shows_its_own_part_of_the_tree() {
    let bind = "28 20 0:24 / /cg rw - cgroup2 c rw\n29 28 0:24 /pod /cg rw - cgroup2 c rw\n";
    let process = Process::new("0::/pod/a\n", bind)
        .file("/cg/pod/a/cpu.max", "700000 100000\n")
        .file("/cg/a/cpu.max", "150000 100000\n");
    assert_eq!(process.workers(), 2);
}

#[test]
fn mount_over_a_parent_directory_hides_what_is_below() {
    // The hidden one comes last of the two: were both taken for visible, it would be chosen.
    let covered = "20 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
         31 20 0:24 / /mnt rw - cgroup2 cgroup2 rw\n\
         28 20 0:24 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n\
         32 20 0:30 / /sys/fs rw - tmpfs tmpfs rw\n";
    let process = Process::new("0::/a\n", covered).file("/mnt/a/cpu.max", "150000 100000\n");
    assert_eq!(process.levels()[0].0, "/mnt/a/cpu.max");
}

#[test]
fn mount_of_the_root_may_come_after_what_is_mounted_in_it() {
    // An initramfs mounts `/sys` first and moves it below the real root, whose line then comes later.
    let moved = "22 30 0:20 / /sys rw - sysfs sysfs rw\n\
         28 22 0:24 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n\
         30 1 8:1 / / rw - ext4 /dev/sda1 rw\n";
    let process =
        Process::new("0::/a\n", moved).file("/sys/fs/cgroup/a/cpu.max", "150000 100000\n");
    assert_eq!(process.workers(), 2);
}

#[test]
fn mount_that_shows_most_ancestors_is_taken() {
    let (narrow, wide) = (
        "28 20 0:24 /pod/app /narrow rw - cgroup2 cgroup2 rw\n",
        "29 20 0:24 /pod /wide rw - cgroup2 cgroup2 rw\n",
    );
    for mountinfo in [[narrow, wide].concat(), [wide, narrow].concat()] {
        let process = Process::new("0::/pod/app\n", mountinfo)
            .file("/narrow/cpu.max", "max 100000\n")
            .file("/wide/app/cpu.max", "max 100000\n")
            .file("/wide/cpu.max", "150000 100000\n");
        assert_eq!(process.budget().source, Some(file("/wide/cpu.max")));
    }
}

#[test]
fn mount_ids_in_a_circle_end() {
    let circle = "1 2 0:24 / /cg rw - cgroup2 c rw\n2 1 0:24 / /cg rw - cgroup2 c rw\n3 3 0:24 / /cg rw - cgroup2 c rw\n";
    let process = Process::new("0::/a\n", circle).file("/cg/a/cpu.max", "150000 100000\n");
    assert_eq!(process.workers(), 2);
}

// What the limit files say.

/// What is found in a `cpu.max` with this text, with a limit of 1.5 CPUs one level up.
fn found(cpu_max: &str) -> Found {
    let process = v2("/pod/app", "/", "/cg")
        .file("/cg/pod/app/cpu.max", cpu_max)
        .file("/cg/pod/cpu.max", "150000 100000\n");
    assert!(process.workers() <= 2, "the walk goes on");
    process.levels()[0].1
}

#[test]
fn limit_of_a_single_field_has_the_default_period() {
    assert_eq!(found("50000\n"), Found::Limit(ratio(1, 2)));
    assert_eq!(found("max\n"), Found::Unlimited);
}

#[test]
fn limit_may_lack_its_newline_or_have_more_space() {
    assert_eq!(found("50000 100000"), Found::Limit(ratio(1, 2)));
    assert_eq!(found(" 50000\t100000 \n\n"), Found::Limit(ratio(1, 2)));
}

#[test]
fn limit_of_zero_in_zero_is_none() {
    for text in ["0 100000\n", "50000 0\n", "0 0\n", "0\n"] {
        assert_eq!(found(text), Found::Malformed, "{text}");
    }
}

#[test]
fn limit_that_is_garbage_is_none() {
    let garbage = [
        "",
        "\n",
        "many 100000",
        "-1 100000",
        "50000 -1",
        "+5 100000",
        "1.5 1",
        "50000 100000 1",
        "max x",
        "MAX",
        "0x10 100000",
        "50000,100000",
        "99999999999999999999 100000",
        "50000 99999999999999999999",
        "maxmax 100000",
    ];
    for text in garbage {
        assert_eq!(found(text), Found::Malformed, "{text:?}");
    }
}

#[test]
fn limit_that_is_not_text_is_none() {
    let process = v2("/a", "/", "/cg").file("/cg/a/cpu.max", b"\xff\x00 100000\n");
    assert_eq!(process.levels()[0].1, Found::Malformed);
    assert_eq!(process.workers(), 8);
}

#[test]
fn limit_that_cannot_be_read_is_none_and_the_walk_goes_on() {
    for kind in [PermissionDenied, IsADirectory, InvalidData] {
        let process = v2("/pod/app", "/", "/cg")
            .unreadable("/cg/pod/app/cpu.max", kind)
            .file("/cg/pod/cpu.max", "150000 100000\n");
        assert_eq!(process.workers(), 2);
        assert_eq!(process.levels()[0].1, Found::Unreadable(kind));
    }
}

#[test]
fn limit_in_the_root_cgroup_is_missing() {
    assert_eq!(
        v2("/", "/", "/cg").levels(),
        [("/cg/cpu.max".to_owned(), Found::Missing)]
    );
}

#[test]
fn limit_of_v1_needs_both_files() {
    let process = Process::new("2:cpu:/a\n", "28 20 0:24 / /cg rw - cgroup cgroup rw,cpu\n");
    let quota_alone = process.clone().file("/cg/a/cpu.cfs_quota_us", "50000\n");
    assert_eq!(quota_alone.levels()[0].1, Found::Missing);
    let unreadable = quota_alone.unreadable("/cg/a/cpu.cfs_period_us", PermissionDenied);
    assert_eq!(
        unreadable.levels()[0].1,
        Found::Unreadable(PermissionDenied)
    );
    for (quota, period) in [
        ("0", "100000"),
        ("50000", "0"),
        ("50000", ""),
        ("", "100000"),
        ("-", "1"),
        ("--1", "1"),
        ("5 0", "1"),
    ] {
        assert_eq!(
            process.clone().cfs("/cg/a", quota, period).levels()[0].1,
            Found::Malformed,
            "{quota} {period}"
        );
    }
}

#[test]
fn limit_larger_than_the_machine_is_no_overflow() {
    let process = v2("/a", "/", "/cg").file("/cg/a/cpu.max", format!("{} 1\n", u64::MAX));
    assert_eq!(process.workers(), 8);
}
