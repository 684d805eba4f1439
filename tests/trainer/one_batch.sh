#!/usr/bin/env bash
# Where batch norm meets all workers, how many they are makes no difference but rounding: the losses of
# the first steps are those of one worker.
source "$(dirname "$0")/fixture.sh"
make_data
make_plain_job

losses_of() {
    grep -oE '"loss":[-0-9.e]*' run/metrics.jsonl | cut -d: -f2
}

# one_batch key=value ...
one_batch() {
    local workers whole=""
    for workers in 1 2 4; do
        rm -rf run
        train 1 run stop_after=3 evaluate.floors=false data.test= workers=$workers model.norm=sync \
            model.head=mlp_sync_bn "$@"
        losses_of >losses
        [ -n "$whole" ] || whole=$(cat losses)
        echo "$* workers $workers:" $(cat losses)
        [ "$(wc -l <losses)" = 3 ] || fail "expected the losses of three steps"
        paste <(echo "$whole") losses | awk '{ d = $1 - $2; s = $1 + $2
            if (d * d > 1e-10 * s * s + 1e-12) exit 1 }' || fail "differs from one worker"
    done
}

one_batch method.name=moco method.symmetric=true
one_batch method.name=moco_v3
one_batch method.name=simsiam
one_batch method.name=simclr
