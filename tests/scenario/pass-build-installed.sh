# SPDX-License-Identifier: BSD-2-Clause
# Installed, the program makes and runs images away from the tree: the README's own example, word
# for word, with the figures that stand beside it. What is there is installed, however it was built.
make -C "$ROOT" -o all install BUILD="$(dirname "$SDDFSIM")" DESTDIR="$PWD/dest" PREFIX=/usr \
    >log 2>&1 || tail log
PATH=$PWD/dest/usr/bin:$PATH
unset SDDFSIM SDDFSIM_IMAGES SDDFSIM_PLATFORMS SDDFSIM_INCLUDE

# block LANGUAGE: the first block of the README's section that is in it.
block()
{
    sed -n '/^## Bring your own image/,/^## /p' "$ROOT/README.md" |
        sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" |
        grep -v '^```'
}
mkdir away
cd away || exit
block c >tally.c
block json >tally.json
# A line is a command, some blanks, and what it says.
block sh | sed 's/   *.*//' >commands
block sh | sed -n 's/^.*[^ ]   *\([^ ]\)/\1/p' >said
cat commands said
sh commands >found 2>&1
echo "exit $?"
while read -r line; do
    grep -qxF "$line" found || echo "it did not say: $line"
done <said
grep expect found

# With the OS layer alone, the rest of ours is not found by chance.
sddfsim build tally.c --own-headers 2>&1 | grep -o 'sddf/network/config.h: No such file'
for header in os/sddf.h microkit.h sel4/sel4.h; do
    echo "#include <$header>"
done >layer.c
sddfsim build layer.c --own-headers 2>&1 | sed 's/;.*//'
ls
