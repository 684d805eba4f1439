#!/usr/bin/env bash
# A denoiser gets images as far from whole ones as sigma says: 10 log10(1 / 0.2^2) = 13.98 dB
# in pixels; 12.5 dB less far where views are in units of the channels' deviations, about 0.236.
# `basin eval` and metrics.jsonl say so.
source "$(dirname "$0")/fixture.sh"
make_data
make_plain_job
sed "/^optimizer:/d" "$job" >denoising.yaml
printf '%s\n' 'method: {name: denoising, sigma: 0.2}' 'optimizer: {name: adamw, lr: 0.01}' \
    >>denoising.yaml
job=denoising.yaml

# decibels NAME: what eval printed behind test_psnr_NAME.
decibels() {
    sed -n "s/^ *test_psnr_$1 *\([-0-9.]*\)$/\1/p" log
}

for pair in "as_is 13.[89][0-9]*" "crop_flip 26.[3-6][0-9]*"; do
    rm -rf run
    train 1 run stop_after=2 data.augment="${pair%% *}" evaluate.floors=false
    grep -q '"test_psnr_gain":' run/metrics.jsonl || fail "no PSNR in metrics.jsonl"
    "$basin" eval run evaluate.floors=false >log 2>&1
    decibels spoilt | grep -Eqx "${pair#* }" || { cat log; fail "sigma 0.2, ${pair%% *}"; }
    awk -v w="$(decibels whole)" -v s="$(decibels spoilt)" -v g="$(decibels gain)" \
        'BEGIN { d = w - s - g; exit !(w != "" && d < 1e-5 && d > -1e-5) }' ||
        { cat log; fail "the gain"; }
done
echo "PSNR is in units of pixels"
