# tests/trainer/slurm_cluster.sh -- sourced: a Slurm of one node with 2 processors in a folder of its own, from
# Debian's slurm-wlm and munge; nothing outside that folder is touched.
#   slurm_start     sets $slurm_folder; 77 with a printed reason where it cannot run
#   slurm_stop      ends the daemons it has started, and removes the folder
slurm_daemons=() slurm_folder=

slurm_start() {
    local folder host port
    [ "$(id -u)" = 0 ] || { echo "skipped: a Slurm of its own needs root"; return 77; }
    for program in slurmctld slurmd munged sbatch srun scontrol; do
        command -v $program >/dev/null || { echo "skipped: no $program; apt-get install slurm-wlm munge"; return 77; }
    done
    host=$(hostname -s) port=$((20000 + RANDOM % 20000))
    slurm_folder=$(mktemp -d) folder=$slurm_folder
    mkdir "$folder"/{munge,state,spool,tmp}
    chmod 755 "$folder" # the user munge must get through
    dd if=/dev/urandom of="$folder/munge/key" bs=64 count=1 2>/dev/null
    chown -R munge: "$folder/munge"
    chmod 600 "$folder/munge/key"
    cat >"$folder/slurm.conf" <<END
ClusterName=basin
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
TmpFS=$folder/tmp
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
KillWait=5
MailProg=/bin/true
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
    export SLURM_CONF=$folder/slurm.conf
    setpriv --reuid munge --regid munge --clear-groups munged --foreground --socket="$folder/munge/socket" \
        --key-file="$folder/munge/key" --pid-file="$folder/munge/pid" --seed-file="$folder/munge/seed" \
        --log-file="$folder/munge/log" --num-threads=2 >"$folder/munge.log" 2>&1 &
    slurm_daemons+=($!)
    for _ in $(seq 50); do [ -S "$folder/munge/socket" ] && break; sleep 0.1; done
    slurmctld -D -i >/dev/null 2>&1 &
    slurm_daemons+=($!)
    slurmd -D -N "$host" >/dev/null 2>&1 &
    slurm_daemons+=($!)
    for _ in $(seq 20); do
        timeout 5 sinfo -h -o %T 2>/dev/null | grep -q idle && return 0
        sleep 0.5
    done
    tail -v -n 5 "$folder"/*.log
    echo "skipped: the private Slurm does not start here"
    return 77
}

slurm_stop() {
    [ ${#slurm_daemons[@]} -lt 3 ] || timeout 10 scancel -u root 2>/dev/null || true
    [ ${#slurm_daemons[@]} = 0 ] || kill "${slurm_daemons[@]}" 2>/dev/null || true
    for _ in $(seq 50); do
        kill -0 "${slurm_daemons[@]}" 2>/dev/null || break
        sleep 0.1
    done
    kill -9 "${slurm_daemons[@]}" 2>/dev/null || true
    [ -z "$slurm_folder" ] || rm -rf "$slurm_folder"
}
