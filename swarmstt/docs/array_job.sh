#!/bin/bash
# A job array of helpers: each job helps one node as a guest until its wall time is nearly over.
#
#   sbatch --array=1-100 array_job.sh "$(swarmstt invite --name array)"
#
#SBATCH --job-name=swarmstt-help
#SBATCH --time=01:00:00
#SBATCH --cpus-per-task=4
#SBATCH --signal=B:TERM@60
set -euo pipefail

invitation=${1:?give the invitation that "swarmstt invite" printed}
task=${SLURM_ARRAY_TASK_ID:-0}
cores=${SLURM_CPUS_PER_TASK:-1}

# exec: SIGTERM reaches swarmstt itself, which hands its parts back and ends within two seconds.
exec swarmstt help "$invitation" --name "array-$task" --slots "$cores" --threads 1 --for "${HELP_FOR:-55m}"
