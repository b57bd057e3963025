# SPDX-License-Identifier: BSD-2-Clause
# Results never go where something is already, and nothing is left where they cannot go.
run()
{
    "$SDDFSIM" run "$HERE/pass-ping.json" -q "$@"
    echo "exit $?"
}

run -o first
run -o first
echo "$(ls first | wc -l) results are still in it"

echo precious >file
run -o file
cat file

run -o no/such/folder
ls

# Root may write anywhere, so a folder that is nobody's to write to.
run -o /proc/sddfsim

# An empty folder may be filled; the default one gets a number if there is one already.
mkdir empty
run -o empty
run
run
ls out
readlink out/latest
