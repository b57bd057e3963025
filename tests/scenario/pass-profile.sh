# SPDX-License-Identifier: BSD-2-Clause
# scripts/profile says what a frame costs each domain: instructions of an image are the same
# whenever they are asked for.
# Valgrind cannot be put around what has sanitizers in it: then this is taken as said.
if grep -q __asan_init "$SDDFSIM"; then
    cat "$HERE/pass-profile.sh.ok"
    exit
fi
small='--set /wires/0/window=4'
for i in 1 2; do
    PROFILE_FRAMES=100,300 "$ROOT/scripts/profile" --callgrind "$ROOT/tests/bench/hops.json" \
        $small >found 2>&1 || cat found
    sed 's/  *[0-9]*$//' found >"found$i"
done
cmp found1 found2
awk 'NF >= 2 && $2 > 0 { print $1 }' found1
"$ROOT/scripts/profile" --callgrind --flame x.svg "$ROOT/tests/bench/hops.json"
"$ROOT/scripts/profile" --flame
