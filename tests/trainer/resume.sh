#!/usr/bin/env bash
# A run that is stopped and resumed, on another number of ranks, ends with the bits of the
# uninterrupted run; a finished run stays as it is; only the newest checkpoints are kept.
source "$(dirname "$0")/fixture.sh"
make_data
train 1 whole evaluate.floors=false
for stop in 1 2 4; do
    train 2 "part-$stop" stop_after=$stop evaluate.floors=false
    train 4 "part-$stop" evaluate.floors=false
    [ "$(hash_of "part-$stop")" = "$(hash_of whole)" ] || fail "resumed after step $stop: other bits"
done
train 2 symmetric-whole method.symmetric=true evaluate.floors=false data.test=
train 1 symmetric method.symmetric=true evaluate.floors=false data.test= stop_after=3
train 4 symmetric method.symmetric=true evaluate.floors=false data.test=
[ "$(hash_of symmetric)" = "$(hash_of symmetric-whole)" ] || fail "symmetric: resumed with other bits"
# resumes_alike NAME key=value ...
resumes_alike() {
    local name=$1
    shift
    train 2 "$name-whole" evaluate.floors=false data.test= "$@"
    train 1 "$name" evaluate.floors=false data.test= stop_after=4 "$@"
    train 4 "$name" evaluate.floors=false data.test= "$@"
    [ "$(hash_of "$name")" = "$(hash_of "$name-whole")" ] || fail "$name: resumed with other bits"
}
resumes_alike masked method.mask_same=true method.momentum_final=1
resumes_alike adamw optimizer.name=adamw optimizer.lr=0.001
resumes_alike lars optimizer.name=lars
make_plain_job
resumes_alike simsiam method.name=simsiam model.head=mlp_bn
resumes_alike moco_v3 method.name=moco_v3 model.head=mlp_bn
resumes_alike simclr method.name=simclr model.norm=sync model.head=mlp_sync_bn
job=$small_job
before=$(hash_of whole)
train 2 whole
[ "$(hash_of whole)" = "$before" ] || fail "a finished run has changed"
[ "$(ls whole/checkpoints/*.h5 | wc -l)" -le 2 ] || fail "more checkpoints than keep: 2"
"$basin" eval whole >log 2>/dev/null || fail "eval"
grep -q 'trained net' log || fail "eval says nothing"
"$basin" inspect whole/checkpoints/latest >log || fail "inspect"
grep -q 'query/conv1.weight' log || fail "inspect does not list the first weights"
