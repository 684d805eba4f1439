# jobs/mpi.sh -- sourced by scripts that start ranks on one machine: as root, in a container, with
# more ranks than cores.
#   run_ranks P COMMAND ...      by Open MPI's mpirun, or by $BASIN_LAUNCHER, which may be MPICH's mpiexec
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
export OMPI_MCA_btl=self,vader OMPI_MCA_btl_vader_single_copy_mechanism=none

run_ranks() {
    local ranks=$1 yield=0 launcher
    shift
    [ "$ranks" -gt "$(nproc)" ] && yield=1 # busy waiting would starve the ranks that compute
    find_launcher
    OMPI_MCA_mpi_yield_when_idle=$yield "${launcher[@]}" -n "$ranks" "$@"
}

# The launcher and what it wants to be told, into the array `launcher`.
find_launcher() {
    launcher=(${BASIN_LAUNCHER:-mpirun})
    [[ "$("${launcher[0]}" --version)" = *HYDRA* ]] || launcher+=(--oversubscribe --bind-to none)
}
