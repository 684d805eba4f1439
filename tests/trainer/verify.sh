#!/usr/bin/env bash
# basin verify proves any part of a run on another number of ranks, and names the step or the tensor when
# the run, its record or the computation is not what it was. A resumed run records what an undisturbed one does.
source "$(dirname "$0")/fixture.sh"
make_data
plain=(evaluate.floors=false data.test= checkpoint.keep=9)
train 2 run "${plain[@]}" schedule.epochs=3
expect 0 "steps 6 to 9 recomputed on 1 rank: the same bits in every step" "$basin" verify run
expect 0 "steps 3 to 8 recomputed on 4 ranks: the same" on 4 "$basin" verify run --from 3 --steps 5
expect 0 "steps 0 to 9 recomputed" "$basin" verify run --from 0 --steps 100
expect 66 "nothing follows step 9" "$basin" verify run --from 9
expect 66 "no checkpoint of step 4" "$basin" verify run --from 4
expect 0 "run: the newest checkpoint, of step 9, is what the run recorded, in all" "$basin" verify run
expect 0 "run: not recomputed: steps 0 to 6" "$basin" verify run
expect 0 "run: not recomputed: steps 5 to 9" "$basin" verify run --from 3 --steps 2
[ -z "$(find run -newer run/run.json -name '*.h5')" ] || fail "verify has written into the run"

# Stopped, killed behind a checkpoint (lines that nobody may believe), resumed: the same record.
train 1 parts "${plain[@]}" schedule.epochs=3 stop_after=5
expect 0 "parts: the newest checkpoint, of step 5, is what was recomputed, in all" "$basin" verify parts
expect 0 "parts: the newest checkpoint, of step 5, is not compared; --steps 2" "$basin" verify parts --steps 1
echo '{"step":6,"digest":"0123456789abcdef"}' >>parts/proof.jsonl
train 4 parts "${plain[@]}" schedule.epochs=3
diff <(grep digest run/proof.jsonl) <(grep digest parts/proof.jsonl) >log || { cat log; fail "resumed: another record"; }

# A changed line breaks the chain, a step that computes otherwise is named, and so is a tensor.
changed() { # SED-SCRIPT: of the record of a copy
    rm -rf changed
    cp -r run changed
    sed -i "$1" changed/proof.jsonl
}
changed '/"step":6,"digest"/s/digest":"\(.\)/digest":"\1\1/; /"step":6,"digest"/s/.\("}\)$/\1/'
expect 65 "the chain breaks at step 6" "$basin" verify changed --from 3
changed '/"step":5,"digest"/s/digest":"./digest":"x/'
expect 65 "the chain breaks at step 6" "$basin" verify changed
changed '/"step":7,"digest"/d'
expect 65 "the chain breaks at step 8" "$basin" verify changed
changed '/"step":9,/d'
expect 65 "ends at step 8, but there is a checkpoint of step 9: lines are missing" on 2 "$basin" verify changed
changed '/"step":9,"[tj]/d'
expect 65 "the tensors after step 9, where an epoch ends and a checkpoint stands, are missing" "$basin" verify changed
changed '1,2d'
expect 66 "begins at step 3, so that there is nothing to compare step 1 with" "$basin" verify changed --from 0

# Another run's checkpoint in the place of the newest, or of one in the middle, which is where steps begin.
train 1 other "${plain[@]}" schedule.epochs=3 seed=9
changed ''
cp other/checkpoints/step-000000000009.h5 changed/checkpoints
expect 65 "the newest checkpoint, of step 9, is not what the run recorded: tensor" on 2 "$basin" verify changed
changed ''
cp other/checkpoints/step-000000000006.h5 changed/checkpoints
expect 65 "differ, the first is" "$basin" verify changed
cp other/checkpoints/step-000000000009.h5 changed/checkpoints/step-000000000010.h5 # passes for no newer one
expect 65 "step-000000000010.h5: holds step 9" "$basin" verify changed
expect 65 "step 4 is the first whose numbers differ" "$basin" verify run --from 3 optimizer.lr=0.050001
expect 65 "tensors differ, the first is" "$basin" verify run --from 3 optimizer.lr=0.050001

# A number of a step that no run can have.
cp -r run far
echo '{"step":18446744073709551615,"digest":"0123456789abcdef"}' >>far/proof.jsonl
expect 65 "the chain breaks at step 18446744073709551615" "$basin" verify far
