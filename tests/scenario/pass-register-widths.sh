# SPDX-License-Identifier: BSD-2-Clause
# A volatile object in every way that C has of accessing one, each width, by each compiler, however
# it optimises, with hooks and without: the accesses are those below, each as wide as it was, at the
# same times, and what was read is the same.
cat >system.json <<'END'
{ "version": 1, "clock": "virtual", "stop": { "after": "1 ms" },
  "devices": [ { "name": "eth0", "model": "enet" } ], "networks": [ { "name": "net0" } ],
  "clients": [ { "name": "client0", "image": "network/client_sink", "copier": {} } ] }
END

# try COMPILER LEVEL FLAVOUR EXECUTOR; the part takes no access that is not 32 bits wide, and does
# the least surprising thing.
try()
{
    out=$1-$2-$3
    "$SDDFSIM" build "$ROOT/tests/image/volatile/widths.c" -o "$out.so" --cc "$1" -O"$2" \
        --flavour "$3" >said 2>&1 || cat said
    "$SDDFSIM" run system.json -q -o "$out" --events --executor "$4" \
        --set /networks/0/driver/image="$out.so" 2>said
    [ $? = 1 ] || cat said
    grep -E 'net0_driver (reads|writes) a register' "$out/events.txt" >"$out.log"
    [ -e first.log ] || cp "$out.log" first.log
    [ -e first.said ] || cp "$out/pds/net0_driver.log" first.said
    cmp first.log "$out.log"
    cmp first.said "$out/pds/net0_driver.log"
}

for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    for level in 0 2 3; do
        try $compiler $level mmio fiber
        try $compiler $level plain process
    done
done
# With their times goes what tells how wide they were.
sed -E 's/^[0-9]+ ps net0_driver //; s/ \[.*//' first.log
cat first.said
