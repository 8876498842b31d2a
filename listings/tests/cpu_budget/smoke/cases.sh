# Cgroups with limits, and the probe in each of them. POSIX sh: a busybox runs this in the virtual machine.
#
# Sourced with PROBE, the probe's path. Prints the probe's lines, and one for each case that went wrong.

wrong() {
    echo "FAILED $1"
}

# probe NAME WORKERS QUOTA, as the probe's arguments. Where GOMAXPROCS is set, nothing would be detected.
probe() {
    unset GOMAXPROCS TOKIO_WORKER_THREADS RAYON_NUM_THREADS
    "$PROBE" "$@"
}

# in_cgroup DIRECTORY COMMAND...: a new process joins, and becomes the command.
in_cgroup() {
    sh -c 'echo $$ > "$1/cgroup.procs" && shift && exec "$@"' sh "$@"
}

# measured DIRECTORY NAME WORKERS QUOTA: the probe in a cgroup.
measured() {
    directory=$1
    shift
    in_cgroup "$directory" sh -c '. "$CASES"; probe "$@"' sh "$@" || wrong "$1"
}

# A limit in the way of each version: quota and period in microseconds, or `max`.
limit_v2() {
    echo "$2 ${3:-100000}" > "$1/cpu.max"
}

limit_v1() {
    echo "${3:-100000}" > "$1/cpu.cfs_period_us"
    if [ "$2" = max ]; then echo -1; else echo "$2"; fi > "$1/cpu.cfs_quota_us"
}

# limits VERSION ROOT LABEL: what both versions can do, in cgroups of its own below ROOT. An affinity of fewer CPUs than
# the quota caps the workers, so the expectation is `fewer`.
limits() {
    version=$1 root=$2 label=$3
    cpus=$(grep -c '^processor' /proc/cpuinfo)
    fewer() { if [ "$1" -lt "$cpus" ]; then echo "$1"; else echo "$cpus"; fi; }
    mkdir "$root/limited"
    for of in "50000 100000 1 0.5" "100000 100000 1 1" "150000 100000 2 1.5" "1500000 1000000 2 1.5" \
        "199999 100000 2 1.99999" "250000 100000 3 2.5" "300000 100000 3 3"; do
        # shellcheck disable=SC2086 # four words
        set -- $of
        "limit_$version" "$root/limited" "$1" "$2"
        measured "$root/limited" "$label: quota $1 in $2" "$(fewer "$3")" "$4"
    done
    "limit_$version" "$root/limited" max
    measured "$root/limited" "$label: no limit" "$cpus" none
    rmdir "$root/limited"

    mkdir "$root/parent"
    if [ "$version" = v2 ]; then echo +cpu > "$root/parent/cgroup.subtree_control"; fi
    mkdir "$root/parent/leaf"
    for of in "50000 1 0.5" "150000 2 1.5"; do
        # shellcheck disable=SC2086 # three words
        set -- $of
        "limit_$version" "$root/parent" "$1"
        measured "$root/parent/leaf" "$label: parent $3, leaf without a limit" "$(fewer "$2")" "$3"
    done
    # v2 accepts more than the parent has, and v1 refuses it.
    if ("limit_$version" "$root/parent/leaf" 400000) 2>/dev/null; then
        measured "$root/parent/leaf" "$label: parent 1.5, leaf 4" "$(fewer 2)" 1.5
        [ "$version" = v2 ] || wrong "v1 accepts a leaf with more than its parent"
    elif [ "$version" = v2 ]; then
        wrong "v2 refuses a leaf with more than its parent"
    fi
    rmdir "$root/parent/leaf" "$root/parent"
}
