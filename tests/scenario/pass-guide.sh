# SPDX-License-Identifier: BSD-2-Clause
# The README's way from a driver and a virtualiser to a run, word for word, by somebody who has
# nothing but those two and an installed program.
make -C "$ROOT" -o all install BUILD="$(dirname "$SDDFSIM")" DESTDIR="$PWD/dest" PREFIX=/usr \
    >log 2>&1 || tail log
PATH=$PWD/dest/usr/bin:$PATH
unset SDDFSIM SDDFSIM_IMAGES SDDFSIM_PLATFORMS SDDFSIM_INCLUDE
mkdir user
cp "$ROOT/tests/image/volatile/driver_enet.c" user/ethernet.c
cp "$ROOT/tests/guide/virt_rx.c" user
cd user || exit

# block LANGUAGE: all blocks of the README's section that are in it.
block()
{
    sed -n '/^## From a driver and a virtualiser/,/^## Virtual time/p' "$ROOT/README.md" |
        sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" |
        grep -v '^```'
}

# What is in no language is from a report; a block that ends is not one that begins.
shown()
{
    sed -n '/^## From a driver and a virtualiser/,/^## Virtual time/p' "$ROOT/README.md" |
        awk '/^```/ { inside = !inside; plain = inside && $0 == "```"; next } plain' |
        sed 's/^ *//'
}
block json >system.json
# A line is a command, some blanks, and what it says.
block sh | sed 's/   *.*//' >commands
block sh | sed -n 's/^.*[^ ]   *\([^ ].*\)/\1/p' | sed 's/  */ /g' >said
sh commands 2>errors | sed -e 's/^ *//' -e 's/  */ /g' >found
echo "exit $?, $(grep -c . commands) commands"
diff said found && echo 'it says what it should'
sed 's/^ *//' attack/report.txt >report
shown | while read -r line; do
    grep -qxF "$line" report || { echo "it does not report: $line"; cat report; }
done
sed 's/--set.*//' errors
