# SPDX-License-Identifier: BSD-2-Clause
# What a run needs in memory and descriptors does not grow with its length, whoever runs it; and
# scripts/flat would say so if it did, of a domain's memory and of anybody's descriptors.
build=$(dirname "$SDDFSIM")
"$ROOT/scripts/flat" "$build" 2

"$ROOT/scripts/flat" 1 "$SDDFSIM" run "$ROOT/scenarios/steady.json" -q -o swells \
    --set /wires/0/loop=0 \
    --set "/clients/1={ \"name\": \"client1\", \"copier\": {},
        \"image\": \"$build/images/test/plain/client_swells.so\" }" |
    sed 's/[0-9][0-9]* KiB/so many KiB/'
"$ROOT/scripts/flat" 1 python3 -c '
import time
kept = []
while True:
    kept.append(open("/dev/null"))
    time.sleep(0.1)' | sed 's/[0-9][0-9]* more/so many more/'
"$ROOT/scripts/flat" 1 false
