#!/usr/bin/env bash
# Grades a class on a Slurm cluster: an array of shards, of which each is one job, and one more job that puts the results
# together.
#
#     cargo build --bin course
#     sbatch --array=1-8 course/recipes/slurm.sh SUBMISSIONS CHAPTER OUT
#     sbatch --dependency=singleton course/recipes/slurm.sh --merge OUT
#
# Start it in the book's folder, on a file system that all nodes see. OUT/shard-N has the results of shard N, OUT/merged all
# of them: the same bytes as one run would write. A shard that was cut off goes on where it was when it is submitted again.
#SBATCH --job-name=course-grade
#SBATCH --cpus-per-task=2
#SBATCH --mem-per-cpu=2G
#SBATCH --time=02:00:00
set -euo pipefail

course=${COURSE:-target/debug/course}
if [ "$1" = --merge ]; then
    exec "$course" merge "$2"/shard-* --into "$2/merged"
fi
submissions=$1 chapter=$2 out=$3
# A shard counts from the array's first number to its last.
number=$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN + 1))
exec "$course" grade "$submissions" --task "$chapter" --out "$out/shard-$number" --resume \
    --shard "$number/$SLURM_ARRAY_TASK_COUNT" --jobs "${SLURM_CPUS_PER_TASK:-1}"
