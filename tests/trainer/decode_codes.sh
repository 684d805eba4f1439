#!/usr/bin/env bash
# docs/codes.md holds enough to decode a file of codes: its own lines of NumPy give D z of every view, whose distance
# from the image is the one that encode stored.
source "$(dirname "$0")/fixture.sh"
python=${BASIN_PYTHON:-python3}
"$python" -c 'import h5py, numpy' 2>/dev/null || { echo "skipped: $python has no h5py or numpy"; exit 77; }
make_data
job=$source_folder/tests/trainer/sparse.yaml
sed -n '/^```python/,/^```/p' "$source_folder/docs/codes.md" | sed '1d; $d' >decode.py
cat >>decode.py <<'END'
with h5py.File(sys.argv[2]) as data:
    images = data["images"][:] / 255.0                      # (N, H, W, C) of synth: uint8
low, high = f["range"][:]
s = np.sqrt(np.mean((f["deviation"][:] / (high - low)) ** 2))
assert f.attrs["recipe"] in ("scaled", b"scaled"), f.attrs["recipe"]
for n in range(len(images)):
    y = ((images[n] - low) / (high - low) / s).transpose(2, 0, 1)
    ours, stored = 0.5 * np.sum((y - reconstruct(n)) ** 2), f["reconstruction"][n]
    assert abs(ours - stored) < 1e-4 * stored, (n, ours, stored)
    assert f["energy"][n] >= stored
print(len(images), "views")
END
for border in full same free; do
    train 1 $border data.augment=scaled method.border=$border method.kernel=5 stop_after=3 data.test= penalty.lambda=0.1
    "$basin" encode $border data/test-00000.h5 $border.h5 >log 2>&1 || { cat log; fail "encode $border"; }
    "$python" decode.py $border.h5 data/test-00000.h5 >log 2>&1 || { cat log; fail "border $border"; }
    [ "$(cat log)" = "40 views" ] || { cat log; fail "not all views of $border"; }
done
echo "codes are decoded by the lines of docs/codes.md"
