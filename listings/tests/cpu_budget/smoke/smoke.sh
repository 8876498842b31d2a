#!/usr/bin/env bash
# What is seen in real cgroups, containers and a virtual machine, compared with what must be.
#
#   smoke.sh [--install] [--record] [host] [docker] [vm]
#
#   host     child cgroups of this kernel, v1 or v2              needs root
#   docker   containers of a dockerd of its own                  needs root, dockerd
#   vm       8 CPUs, both versions, namespaces and odd mounts    needs qemu-system-x86_64, a kernel, busybox
#
# With no part named, all of them. A part that cannot run is skipped and says why; a result that is wrong fails.
# --install brings what is missing with apt-get, unpacked below target/smoke: nothing is installed into the system.
# --record writes the lines of the probe to record.jsonl beside this file.
#
# Everything made here, cgroups, mounts, processes, files, is removed at the end, also after a failure. Cgroups of others
# are not touched.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
book=$(cd "$here/../../../.." && pwd)
tools=$book/target/smoke
name=cpu-budget-smoke-$$
work=$(mktemp -d "/tmp/$name.XXXXXX")
export CASES=$here/cases.sh PROBE=$work/rootfs/probe GO_PROBE=$work/rootfs/go-probe
lines=$work/lines.jsonl
passed=0 failed=0 skipped=0
install=no record=no parts=()
cgroups=() dockerd= docker_made=()

for argument in "$@"; do
    case $argument in
        --install) install=yes ;;
        --record) record=yes ;;
        host | docker | vm) parts+=("$argument") ;;
        *) sed -n '2,15s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    esac
done
[ ${#parts[@]} -gt 0 ] || parts=(host docker vm)

say() { printf '%s\n' "$*"; }

# Removes cgroups from the leaves upwards. The kernel takes a moment to notice that the last process has gone.
remove_cgroup() {
    local try directory
    for try in 1 2 3 4 5 6 7 8 9 10; do
        while read -r directory; do rmdir "$directory" 2>/dev/null || true; done < <(find "$1" -depth -type d 2>/dev/null)
        [ -d "$1" ] || return 0
        sleep "0.$try"
    done
    say "warning: $1 could not be removed"
}

cleanup() {
    local status=$? directory
    set +e
    trap '' INT TERM # once begun, it ends
    if [ -n "$dockerd" ] && kill "$dockerd" 2>/dev/null; then wait "$dockerd"; fi
    for directory in "${cgroups[@]}" /sys/fs/cgroup/*/"$name" /sys/fs/cgroup/"$name"; do
        if [ -d "$directory" ]; then remove_cgroup "$directory"; fi
    done
    if [ ${#docker_made[@]} -gt 0 ]; then rm -rf "${docker_made[@]}"; fi
    while read -r directory; do umount "$directory"; done < <(awk -v work="$work" 'index($2, work) == 1 {print $2}' /proc/mounts | tac)
    rm -rf "$work"
    exit "$status"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

skip() { # PART WHY
    say "$1: skipped: $2"
    skipped=$((skipped + 1))
}

# Shows the probe's lines as they come, and keeps them. The last line tells how many went wrong.
keep() { # PART
    local part=$1 line of=0 wrong=0 # a case that goes wrong may still have its line, or may not
    while IFS= read -r line; do
        case $line in
            *JSON\ *) of=$((of + 1)); line=${line#*JSON }; printf '%s\n' "${line/\{/\{\"part\":\"$part\",}" >> "$lines" ;;
            *FAILED\ *) wrong=$((wrong + 1)); say "$line" ;;
            *expected*) say "$line" ;;
            *KERNEL\ *) vm_kernel=${line#*KERNEL }; vm_kernel=${vm_kernel%$'\r'} ;;
        esac
    done < <(tr -d '\r')
    say "$part: $of results, $wrong wrong"
    passed=$((passed + of - wrong))
    failed=$((failed + wrong))
    if [ "$of" = 0 ]; then say "$part: the probe said nothing"; failed=$((failed + 1)); fi
}

# Unpacks Debian packages, with what they need that this machine has not, into target/smoke.
fetch() { # COMMAND-OR-FILE PACKAGE...
    local wanted=$1 archives=$tools/archives deb
    shift
    if [ -e "$tools/$wanted" ] || [ $install = no ]; then return 0; fi
    if ! command -v apt-get >/dev/null || [ "$(id -u)" != 0 ]; then return 0; fi
    mkdir -p "$archives/partial" "$tools/root"
    apt-get update -qq || true
    apt-get install -qq -y --no-install-recommends --download-only -o APT::Sandbox::User=root -o Dir::Cache::archives="$archives" \
        "$@" >/dev/null || return 0
    for deb in "$archives"/*.deb; do dpkg-deb -x "$deb" "$tools/root" && rm "$deb"; done
    mkdir -p "$(dirname "$tools/$wanted")" && touch "$tools/$wanted"
}

# The probes, and the libraries that the Rust one is linked with, as a root file system that runs anywhere.
build() {
    local libraries
    say "building the probes"
    (cd "$book" && cargo build --quiet --locked --workspace --example cpu_budget_probe)
    mkdir -p "$work/rootfs"/{bin,dev,proc,sys,tmp,mnt}
    cp "${CARGO_TARGET_DIR:-$book/target}/debug/examples/cpu_budget_probe" "$PROBE"
    libraries=$(ldd "$PROBE" | grep -o '/[^ ]*')
    # shellcheck disable=SC2086 # one word a library
    cp --parents -L $libraries "$work/rootfs"
    if command -v go >/dev/null; then
        build_go || say "the Go probe could not be built"
    else
        say "no Go: its column stays empty"
    fi
}

build_go() {
    local module=$work/go
    mkdir "$module"
    cp "$book"/benches/go/cpu_budget/probe/*.go "$module"
    cd "$module"
    # A module of its own: Uber's package is no dependency of the book. From the module proxy, else from Debian.
    printf 'module probe\n\ngo 1.25\n' > go.mod
    export CGO_ENABLED=0 GOTOOLCHAIN=local GOFLAGS=-mod=mod
    local debian=$tools/root/usr/share/gocode/src/go.uber.org/automaxprocs tags=automaxprocs
    if ! timeout 60 go get go.uber.org/automaxprocs@v1.6.0 >/dev/null 2>&1; then
        fetch automaxprocs golang-uber-automaxprocs-dev
        if [ -d "$debian" ]; then
            cp -r "$debian" automaxprocs
            printf 'module go.uber.org/automaxprocs\n\ngo 1.13\n' > automaxprocs/go.mod
            rm -f automaxprocs/go.sum
            go mod edit -require=go.uber.org/automaxprocs@v0.0.0 -replace=go.uber.org/automaxprocs=./automaxprocs
        else
            say "automaxprocs: neither a module proxy nor Debian's package: its column stays empty"
            tags=none
        fi
    fi
    go build -tags "$tags" -o "$GO_PROBE" .
    cd "$book"
}

host() {
    local root version
    if [ "$(id -u)" != 0 ]; then skip host "making a cgroup needs root"; return; fi
    root=$(awk '$3 == "cgroup" && $4 ~ /(^|,)cpu(,|$)/ {print $2; exit}' /proc/mounts)
    version=v1
    if [ -z "$root" ]; then
        root=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/mounts)
        version=v2
        if ! grep -qw cpu "$root/cgroup.subtree_control" 2>/dev/null; then
            skip host "the root of cgroup v2 does not hand the cpu controller to its children"
            return
        fi
    fi
    if ! mkdir "$root/$name" 2>/dev/null; then skip host "$root is read-only"; return; fi
    cgroups+=("$root/$name")
    if [ $version = v2 ]; then echo +cpu > "$root/$name/cgroup.subtree_control"; fi
    # shellcheck source=cases.sh
    (. "$CASES" && limits $version "$root/$name" "$version") > "$work/host.out" 2>&1
    keep host < "$work/host.out"
}

docker_() {
    local socket=unix://$work/docker.sock client
    if [ "$(id -u)" != 0 ]; then skip docker "starting dockerd needs root"; return; fi
    fetch docker docker.io
    PATH=$tools/root/usr/sbin:$tools/root/usr/bin:$PATH
    client=$(command -v docker) || true
    if ! command -v dockerd >/dev/null || [ -z "$client" ]; then
        skip docker "no dockerd found (try --install)"
        return
    fi
    # Whatever one tells it, dockerd also writes there. What is not there yet is removed afterwards.
    local directory
    for directory in /etc/docker /opt/containerd /run/containerd /run/docker; do
        [ -e $directory ] || docker_made+=($directory)
    done
    LD_LIBRARY_PATH=$tools/root/usr/lib/x86_64-linux-gnu dockerd --data-root "$work/data" --exec-root "$work/exec" \
        --pidfile "$work/dockerd.pid" -H "$socket" --iptables=false --ip6tables=false --bridge=none \
        --storage-driver=vfs --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$name" > "$work/dockerd.log" 2>&1 &
    dockerd=$!
    local docker=("$client" -H "$socket") try
    for try in $(seq 100); do
        if "${docker[@]}" info >/dev/null 2>&1; then break; fi
        if [ "$try" = 100 ] || ! kill -0 $dockerd 2>/dev/null; then
            skip docker "dockerd does not start: $(tail -n 1 "$work/dockerd.log")"
            return
        fi
        sleep 0.2
    done
    docker_version=$("${docker[@]}" version --format '{{.Server.Version}}')
    tar -c -C "$work/rootfs" . | "${docker[@]}" import - smoke >/dev/null

    local cpus refusal
    cpus=$(nproc)
    contain() { # OPTION NAME WORKERS QUOTA
        # shellcheck disable=SC2086 # no option, or one
        "${docker[@]}" run --rm --network none -e GO_PROBE=/go-probe $1 smoke /probe "${@:2}" || echo "FAILED $2"
    }
    {
        contain "" "docker run" "$cpus" none
        contain --cpus=0.5 "docker run --cpus=0.5" 1 0.5
        if [ "$cpus" -gt 1 ]; then contain --cpus=1.5 "docker run --cpus=1.5" 2 1.5; fi
        contain --cpuset-cpus=0 "docker run --cpuset-cpus=0" 1 none
        contain --cpu-shares=512 "docker run --cpu-shares=512" "$cpus" none
        refusal=$("${docker[@]}" run --rm --network none --cpus=$((cpus + 1)) smoke /probe 2>&1 || true)
        case $refusal in
            *"only $cpus CPUs available"*) ;;
            *) echo "FAILED docker refuses more CPUs than there are" ;;
        esac
        if [ "$cpus" -gt 2 ]; then contain --cpus=2.5 "docker run --cpus=2.5" 3 2.5; fi
    } > "$work/docker.out" 2>&1
    keep docker < "$work/docker.out"
}

vm() {
    local kernel qemu busybox library=$tools/root/usr/lib/x86_64-linux-gnu:$tools/root/lib/x86_64-linux-gnu tool
    if [ "$(uname -m)" != x86_64 ]; then skip vm "only written for x86_64"; return; fi
    fetch vm qemu-system-x86 seabios busybox-static linux-image-cloud-amd64
    qemu=$(PATH=$PATH:$tools/root/usr/bin command -v qemu-system-x86_64) || true
    kernel=$(find "$tools/root/boot" -name 'vmlinuz-*-cloud-amd64' 2>/dev/null | sort -V | tail -n 1)
    busybox=$tools/root/bin/busybox
    if [ -z "$qemu" ] || [ -z "$kernel" ] || [ ! -x "$busybox" ]; then
        skip vm "no qemu, kernel or busybox found (try --install)"
        return
    fi
    cp -r "$work/rootfs" "$work/initramfs"
    cp "$busybox" "$work/initramfs/bin/busybox"
    for tool in sh mount umount mkdir rmdir grep uname sleep taskset poweroff; do ln -sf busybox "$work/initramfs/bin/$tool"; done
    cp -L "$(command -v unshare)" "$work/initramfs/bin/unshare"
    # shellcheck disable=SC2046 # one word a library
    cp --parents -L $(ldd "$(command -v unshare)" | grep -o '/[^ ]*') "$work/initramfs"
    cp "$CASES" "$work/initramfs/cases.sh"
    cp "$here/init.sh" "$work/initramfs/init"
    chmod +x "$work/initramfs/init"
    (cd "$work/initramfs" && find . | "$busybox" cpio -o -H newc 2>/dev/null | gzip -1) > "$work/initramfs.gz"
    say "vm: starting 8 CPUs under emulation, which takes about a minute"
    LD_LIBRARY_PATH=$library timeout 240 "$qemu" -L "$tools/root/usr/share/qemu" -L "$tools/root/usr/share/seabios" \
        -accel tcg -smp 8 -m 1024 -kernel "$kernel" -initrd "$work/initramfs.gz" -append "console=ttyS0 quiet panic=-1" \
        -display none -monitor none -serial stdio -no-reboot -nic none < /dev/null > "$work/vm.out" 2> "$work/vm.err" || true
    keep vm < "$work/vm.out"
    if ! grep -q '^DONE' "$work/vm.out"; then
        say "vm: did not reach its end: $(tail -n 3 "$work/vm.out" "$work/vm.err")"
        failed=$((failed + 1))
    fi
}

: > "$lines"
build
for part in "${parts[@]}"; do
    case $part in
        host) host ;;
        docker) docker_ ;;
        vm) vm ;;
    esac
done

if [ $record = yes ]; then
    {
        printf '{"date":"%s","cpu":"%s","kernel":"%s","vm_kernel":"%s","docker":"%s","rustc":"%s"}\n' "$(date -u +%F)" \
            "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) CPUs" "$(uname -r)" "${vm_kernel:-}" \
            "${docker_version:-}" "$(rustc --version | cut -d ' ' -f 2)"
        cat "$lines"
    } > "$here/record.jsonl"
    say "recorded in ${here#"$book"/}/record.jsonl"
fi
say "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
