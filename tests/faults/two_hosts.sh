#!/usr/bin/env bash
# tests/faults/two_hosts.sh -- two hosts on one machine (network and host-name namespaces, an sshd each, a
# cable between them), a training over both, and the cable cut in the middle of a step, twice: once Open MPI's launcher is
# told to look whether its other half is there and notices first, once the ranks' watchdogs. Every rank ends within a
# minute, a message names the lost host, and the run resumes on one host to the bits of the undisturbed run.
#   usage: bash tests/faults/two_hosts.sh BASIN
# Exit code 77 with the reason where this cannot be done.
set -- "$(realpath "$1")"
skip() {
    echo "skipped: $*"
    exit 77
}
[ "$(id -u)" = 0 ] || skip "only root may make network namespaces"
for program in ip ssh sshd ssh-keygen unshare mpirun; do
    command -v $program >/dev/null || [ -x "/usr/sbin/$program" ] || skip "no program $program (packages iproute2, openssh-server)"
done
[[ "$("${BASIN_LAUNCHER:-mpirun}" --version)" = *"Open MPI"* ]] || skip "the launcher is not Open MPI's"
source "$(dirname "${BASH_SOURCE[0]}")/../trainer/fixture.sh"
tag=basin$$ net=10.213.$((RANDOM % 256))
ip netns add ${tag}a 2>/dev/null || skip "network namespaces are not allowed here"
close_hosts() {
    [ -z "${pids:-}" ] || kill $pids 2>/dev/null || true
    ip netns pids ${tag}a 2>/dev/null | xargs -r kill -9 2>/dev/null || true
    ip netns pids ${tag}b 2>/dev/null | xargs -r kill -9 2>/dev/null || true
    ip netns del ${tag}a 2>/dev/null || true
    ip netns del ${tag}b 2>/dev/null || true
    cd / && rm -rf "$folder"
}
trap close_hosts EXIT
ip netns add ${tag}b
ip link add ${tag: -8}a netns ${tag}a type veth peer name ${tag: -8}b netns ${tag}b
for side in a b; do
    ip -n $tag$side addr add $net.$([ $side = a ] && echo 1 || echo 2)/24 dev ${tag: -8}$side
    ip -n $tag$side link set lo up
    ip -n $tag$side link set ${tag: -8}$side up
done

# A host: host name, sshd.
ssh-keygen -q -t ed25519 -N '' -f key
ssh-keygen -q -t ed25519 -N '' -f host_key
cp key.pub authorized && chmod 600 authorized
mkdir -p /run/sshd
cat >sshd_config <<END
Port 2222
HostKey $folder/host_key
AuthorizedKeysFile $folder/authorized
StrictModes no
PermitRootLogin yes
UsePAM no
PidFile none
END
cat >agent <<END
#!/usr/bin/env bash
exec ssh -q -p 2222 -i $folder/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=10 "\$@"
END
chmod +x agent
# in_host SIDE COMMAND ...
in_host() {
    local side=$1
    shift
    ip netns exec $tag$side unshare -u bash -c 'hostname "$0"; exec "$@"' "host-$side" "$@"
}
pids=
for side in a b; do
    in_host $side /usr/sbin/sshd -D -e -f "$folder/sshd_config" >sshd-$side.log 2>&1 &
    pids="$pids $!"
done
for _ in $(seq 50); do
    in_host a "$folder/agent" $net.2 true 2>/dev/null && break
    sleep 0.2
done
in_host a "$folder/agent" $net.2 true || skip "sshd does not answer between namespaces: $(tail -n 1 sshd-b.log)"

make_data
plain=(evaluate.floors=false data.test= schedule.epochs=3000 checkpoint.every=10 log_every=50)
unset OMPI_MCA_btl

# begin STALL KEEPALIVE: the training over both hosts, which see the same folder; returns at its next checkpoint.
begin() {
    local before
    before=$(readlink run/checkpoints/latest || true)
    ip -n ${tag}b link set ${tag: -8}b up
    in_host a mpirun --host $net.1:1,$net.2:1 --mca plm_rsh_agent "$folder/agent" --mca btl self,tcp \
        --mca btl_tcp_if_include $net.0/24 --mca oob_tcp_if_include $net.0/24 --mca oob_tcp_keepalive_time "$2" \
        --mca oob_tcp_keepalive_intvl 1 --mca oob_tcp_keepalive_probes 3 --bind-to none --wdir "$folder" \
        "$basin" train "$job" run="$folder/run" "${plain[@]}" watch.stall="$1" >log 2>&1 &
    launcher=$!
    for _ in $(seq 600); do
        [ "$(readlink run/checkpoints/latest || true)" != "$before" ] && return
        sleep 0.1
    done
    cat log
    fail "no checkpoint over two hosts"
}

# Of either host.
ranks() { pgrep -f "^$basin train .*run=$folder/run" || true; }

# cut: the cable; all ranks end. ended: after so many seconds.
cut() {
    ip -n ${tag}b link set ${tag: -8}b down
    local started=$SECONDS
    for _ in $(seq 600); do
        [ -z "$(ranks)" ] && break
        sleep 0.1
    done
    ended=$((SECONDS - started))
    [ -z "$(ranks)" ] || { cat log; fail "a rank hangs a minute after the cut"; }
}

# ends SECONDS: the launcher does, within so many; its exit code in $code.
ends() {
    for _ in $(seq $(($1 * 10))); do
        kill -0 $launcher 2>/dev/null || break
        sleep 0.1
    done
    kill -0 $launcher 2>/dev/null && return 1
    code=0
    wait $launcher || code=$?
}

begin 40 3
cut
ends 20 || { cat log; fail "mpirun, which looks whether its daemon is there, has not ended 20 s after its ranks"; }
[[ "|76|69|205|" = *"|$code|"* ]] || { cat log; fail "exit code $code instead of 205 of mpirun, or 76 or 69"; }
grep -Eq "host-b|on node $net.2" log || { cat log; fail "no message names the lost host"; }
echo "the launcher noticed: all ranks ended after $ended s, mpirun with $code"

begin 5 60
cut
# It goes on waiting for its daemon on the lost host, for it has something to tell it: then nothing looks after the line.
if ends 10; then
    [ "$code" = 76 ] || [ "$code" = 69 ] || { cat log; fail "exit code $code instead of 76 or 69"; }
else
    ip netns pids ${tag}a | xargs -r kill -9 2>/dev/null || true
    wait $launcher || true
    code=none
fi
grep -q 'host-b' log || { cat log; fail "no message names the lost host"; }
echo "the ranks noticed: all ended after $ended s (exit code of mpirun: $code)"

# On one host: 3000 epochs are not waited for.
stop=$(($(readlink run/checkpoints/latest | sed 's/step-0*//; s/[.]h5//') + 30))
train 1 run "${plain[@]}" stop_after=$stop
train 2 whole "${plain[@]}" stop_after=$stop
[ "$(hash_of run)" = "$(hash_of whole)" ] || fail "other bits after the cut"
echo "and the run went on with the same bits"
