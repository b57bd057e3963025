# SPDX-License-Identifier: BSD-2-Clause
# The same client in other languages: what their compilers leave is taken as it is, runs, and is
# watched like any other, by either clock. A compiler that is not there is passed over.
cat >system.json <<'END'
{ "version": 1,
  "wires": [ { "name": "lan", "kind": "gen", "count": 300, "pace": "20000 frames/s" } ],
  "devices": [ { "name": "eth0", "model": "enet", "wire": "lan" } ],
  "networks": [ { "name": "net0" } ],
  "clients": [ { "name": "client0", "image": "none.so", "copier": {} } ],
  "expect": [ "client0.rx_frames == 300", "findings == 0" ] }
END
sources=$ROOT/tests/image/languages

# has TOOL: it is there, and made `made` of what follows.
has()
{
    command -v "$1" >/dev/null && { "$@" 2>said || { cat said; false; }; }
}

# runs NAME FILE: what a compiler left becomes an image, and that runs.
runs()
{
    "$SDDFSIM" build "$2" -o "$1.so" >said 2>&1 || cat said
    grep -v 'good; can be a client of a network; points: os' said
    for clock in 'virtual --executor fiber' 'virtual --executor process' host; do
        # shellcheck disable=SC2086
        "$SDDFSIM" run system.json -q -o "$1" --clock $clock --set "/clients/0/image=$1.so" ||
            cat "$1/report.txt"
        rm -r "$1"
    done
}
[ "$(uname -m)" != x86_64 ] || { has as "$sources/client.s" -o asm.o && runs asm asm.o; }
for compiler in g++ clang++; do
    has $compiler -fPIC -O2 -fno-exceptions -fno-rtti -c "$sources/client.cc" -o $compiler.o &&
        runs $compiler $compiler.o
done
has rustc --edition 2021 --crate-type staticlib -C panic=abort -C lto -C opt-level=2 \
    -C relocation-model=pic "$sources/client.rs" -o rust.a && runs rust rust.a

# What is missing is explained in the words of the language.
cat >throws.cc <<'END'
__attribute__((__section__(".net_client_config"))) char config[128] = {1};
extern "C" void init() { throw 1; }
extern "C" void notified(unsigned) { delete new int; }
void quietly_mangled(unsigned) {}
END
has g++ -fPIC -c throws.cc -o throws.o && {
    "$SDDFSIM" build throws.o >told 2>&1 && echo 'throws.o was taken'
    for words in '_Znwm, .*; an image allocates nothing' \
        '__cxa_throw, .*; compile with -fno-exceptions'; do
        grep -q "nobody has $words" told || cat told
    done
}
echo done
