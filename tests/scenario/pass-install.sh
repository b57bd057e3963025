# SPDX-License-Identifier: BSD-2-Clause
# What is installed beside the program: a pkg-config file by which other build systems make images,
# a manual page, and completions that know the verbs and options of the program they came with.
make -C "$ROOT" -o all install BUILD="$(dirname "$SDDFSIM")" DESTDIR="$PWD/dest" PREFIX=/usr \
    >log 2>&1 || tail log
PATH=$PWD/dest/usr/bin:$PATH
unset SDDFSIM SDDFSIM_IMAGES SDDFSIM_PLATFORMS SDDFSIM_INCLUDE
ls dest/usr dest/usr/lib/sddfsim/images

export PKG_CONFIG_PATH="$PWD/dest/usr/lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR="$PWD/dest"
[ "$(pkg-config --modversion sddfsim)" = "$(sddfsim --version | cut -d' ' -f2)" ] ||
    echo 'versions differ'
# The README's own example, built so.
section() { sed -n '/^## Bring your own image/,/^## /p' "$ROOT/README.md"; }
section | sed -n '/^```c$/,/^```$/p' | grep -v '^```' >tally.c
section | sed -n '/^```json$/,/^```$/p' | grep -v '^```' >tally.json
# The flags are words, as pkg-config means them.
gcc $(pkg-config --cflags sddfsim) -O2 -g -c tally.c -o tally.o &&
    objcopy $(pkg-config --variable=objcopyflags sddfsim) tally.o &&
    gcc tally.o $(pkg-config --libs sddfsim) -o tally.so
nm -u tally.o | grep -w memcpy
sddfsim run tally.json -q -o tally
echo "exit $?"
tail -1 tally/pds/mine.log

# troff finds nothing to complain of, where there is one.
share=dest/usr/share
page=$share/man/man1/sddfsim.1
if command -v groff >/dev/null; then
    groff -man -Tutf8 -ww "$page" 2>&1 >/dev/null
fi
for verb in $(sddfsim --help | sed -n '/^Verbs:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
    grep -q "^.SS \"sddfsim $verb " "$page" || echo "no $verb in the manual"
    for option in $(sddfsim "$verb" --help | sed -n 's/^  [- ][a-z ][, ] --\([a-z-]*\).*/\1/p'); do
        grep -q -- "--$option" $share/bash-completion/completions/sddfsim ||
            echo "bash: no $option"
        grep -q -- "--$option" $share/zsh/site-functions/_sddfsim || echo "zsh: no $option"
        grep -q -- "-l $option" $share/fish/vendor_completions.d/sddfsim.fish ||
            echo "fish: no $option"
    done
done

# As bash would ask.
bash -c '
. dest/usr/share/bash-completion/completions/sddfsim
compopt() { echo "(compopt $*)"; }
complete_after()
{
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _sddfsim
    echo "$*: ${COMPREPLY[*]}"
}
complete_after sddfsim sw
complete_after sddfsim run --ver
complete_after sddfsim run --exe
complete_after sddfsim help comp
complete_after sddfsim run scen'

sddfsim help --completions tcsh
sddfsim help --man run
sddfsim help --completions bash --man
