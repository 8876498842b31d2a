#!/usr/bin/env bash
# Runs recipes/slurm.sh for real: on a Slurm of one node, this machine, started for it and stopped after it. What three shards
# come to when they are put together must be what one run writes, byte for byte.
#
#     bash course/recipes/slurm-here.sh [--install]
#
# Where there is no Slurm (and none can be installed with --install), no root, or no full sandbox, it says so and skips.
set -euo pipefail
cd "$(dirname "$0")/../.."

skip() { echo "skipped: $1; no Slurm has run the recipe"; exit 0; }
[ "$(uname)" = Linux ] || skip "there is no Linux here"
[ "$(id -u)" = 0 ] || skip "starting a Slurm takes root"
if [ "${1:-}" = --install ] && ! command -v slurmctld >/dev/null; then
    (apt-get update -qq && apt-get install -qq -y --no-install-recommends slurmctld slurmd slurm-client munge) \
        >/dev/null 2>&1 || true
fi
for program in slurmctld slurmd sbatch scontrol munged munge; do
    command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] || skip "there is no $program"
done
PATH=$PATH:/usr/sbin

folder=$(mktemp -d)
chmod 755 "$folder"
stop() {
    for daemon in slurmd slurmctld munged; do
        pid=$(cat "$folder/$daemon.pid" 2>/dev/null) && kill "$pid" 2>/dev/null || continue
        for _ in $(seq 50); do [ -d "/proc/$pid/cwd" ] && sleep 0.2 || break; done
    done
    rm -rf "$folder"
}
trap stop EXIT

# A munge of its own, so that one that runs here already is left alone.
install -d -o munge -g munge -m 755 "$folder/munge"
install -o munge -g munge -m 400 /dev/null "$folder/munge/key"
head -c 1024 /dev/urandom >"$folder/munge/key"
setpriv --reuid=munge --regid=munge --clear-groups munged --key-file="$folder/munge/key" --socket="$folder/munge/socket" \
    --pid-file="$folder/munge/pid" --log-file="$folder/munge/log" --seed-file="$folder/munge/seed" ||
    skip "munged does not start"
cp "$folder/munge/pid" "$folder/munged.pid"

host=$(hostname -s)
port=$((20000 + $$ % 10000))
mkdir "$folder/state" "$folder/spool"
cat >"$folder/slurm.conf" <<CONF
ClusterName=here
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
SlurmdPort=$((port + 1))
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
MpiDefault=none
ReturnToService=2
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
NodeName=$host NodeAddr=127.0.0.1 CPUs=$(nproc) RealMemory=$(($(sed -n 's/^MemTotal: *\([0-9]*\) kB/\1/p' /proc/meminfo) / 1024)) State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$folder/slurm.conf
slurmctld && slurmd || skip "slurmctld or slurmd does not start: $(tail -n 2 "$folder"/slurm*.log)"
for _ in $(seq 150); do
    state=$(sinfo --noheader --format=%T 2>/dev/null || true)
    [ "$state" = idle ] && break
    sleep 0.2
done
[ "$state" = idle ] || skip "the node does not come up: $(tail -n 2 "$folder"/slurm*.log)"

cargo build --quiet --workspace --bin course
chapter=cpu-budget
# What a class hands in: nothing done, wrong names, no Rust at all.
cargo course start "$chapter" "$folder/class/ann" >/dev/null
mkdir "$folder/class/bob" "$folder/class/eve" "$folder/class/zoë o'hara"
echo 'fn' >"$folder/class/eve/s2_ratio.rs"
cp "$folder"/class/ann/src/cpu_budget/*.rs "$folder/class/zoë o'hara"
if ! target/debug/course grade "$folder/class" --task "$chapter" --out "$folder/whole" --sandbox full 2>"$folder/log"; then
    grep -q "no sandbox can be had" "$folder/log" && skip "there is no full sandbox here"
    cat "$folder/log"
    exit 1
fi
sbatch --wait --array=0-2 --cpus-per-task=1 --output="$folder/slurm-%a.out" course/recipes/slurm.sh \
    "$folder/class" "$chapter" "$folder/out" || { cat "$folder"/slurm-*.out; exit 1; }
sbatch --wait --dependency=singleton --output="$folder/slurm-merge.out" course/recipes/slurm.sh --merge "$folder/out" ||
    { cat "$folder/slurm-merge.out"; exit 1; }
diff -r "$folder/whole" "$folder/out/merged"
echo "$(ls "$folder/out" | grep -c shard) shards graded by Slurm $(sinfo --version | cut -d' ' -f2) are one run, byte for byte"
