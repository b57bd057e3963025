# SPDX-License-Identifier: BSD-2-Clause
# All components of ours, the clients and drivers too, compiled in several ways. With headers that
# somebody else wrote, the same frames go the same ways as ever; and where ours are told to have no
# points but those of the OS layer, which is all that others have, the same happens at the same
# time, to the last event. With a call before each access, all is as without. Assertions and
# barriers change nothing.
components=$ROOT/components/network

# Beside the other headers, nothing of ours can be found but what is not sDDF's.
mkdir -p tree/sddf
ln -s "$ROOT/components" tree/components
ln -s "$ROOT/sddf/hw" tree/sddf/hw
other="--own-headers -I $ROOT/tests/image/own-headers -I tree"
ours="-I $ROOT"

# make FOLDER OPTION...: all components.
make()
{
    folder=$1
    shift
    mkdir -p "$folder/network"
    for file in "$components"/*.c; do
        "$SDDFSIM" build "$file" -o "$folder/network/$(basename "$file" .c).so" "$@" >said 2>&1 ||
            cat said
    done
}

# run SYSTEM FOLDER OPTION...: its digest.
run()
{
    name=$1
    images=$2
    out=$1-$2
    shift 2
    SDDFSIM_IMAGES=$PWD/$images "$SDDFSIM" run "$name.json" -q -o "$out" "$@" 2>&1 |
        sed '/repeat with/d'
    grep '"digest"' "$out/report.json" || echo "$out: no digest"
}

sh "$HERE/write-systems"
cp -r "$(dirname "$SDDFSIM")/images" shipped
for compiler in gcc clang; do
    command -v $compiler >/dev/null || continue
    # shellcheck disable=SC2086
    make other-$compiler $other --cc $compiler
    # shellcheck disable=SC2086
    make quiet-$compiler $ours -D SDDFSIM_POINTS_OS --cc $compiler
    # shellcheck disable=SC2086
    make hooked-$compiler $ours --flavour mmio --cc $compiler
    # Here clang then calls where it would copy a frame's headers by itself, so has a point more.
    [ $compiler = gcc ] || cp shipped/network/client_source.so hooked-$compiler/network/
    for system in switched plain direct; do
        [ -d $system-shipped ] || run $system shipped >/dev/null
        shipped=$(sed -n '/"digest"/p' $system-shipped/report.json)
        [ "$(run $system hooked-$compiler)" = "$shipped" ] ||
            echo "$system: with hooked accesses something else happens, by $compiler"
        # With other points a client is woken at other times: what it answers is the same.
        [ "$(run $system other-$compiler)" = "$(run $system quiet-$compiler)" ] ||
            echo "$system: with other headers something else happens, by $compiler"
        "$SDDFSIM" diff --order=flow -q $system-shipped/captures/out.pcap \
            $system-other-$compiler/captures/out.pcap ||
            echo "$system: with other headers other frames, by $compiler"
        sed -n 's/^ *"points": *"\([a-z]*\)".*/\1/p' $system-other-$compiler/report.json |
            sort -u >points
        [ "$(cat points)" = os ] || echo "$system: other headers have points"
    done
done

# Who has other headers is judged like ours, whatever somebody beside him does.
other=$PWD/$(ls -d other-* | head -1)
for story in under-attack vswitch-under-attack; do
    for kind in scribble fuzz duplicate descriptor queue_index hoard reuse; do
        fault="{\"kind\": \"$kind\", \"pd\": \"rogue\", \"at\": \"20 ms\", \"period\": \"200 us\"}"
        SDDFSIM_IMAGES=$other "$SDDFSIM" run "$ROOT/scenarios/$story.json" -q -o attacked \
            --clock virtual --set "/faults=[$fault]" >said 2>&1
        sed -n "/ found\$/,/^Frames/s/^/$story, $kind: /p" attacked/report.txt
        rm -r attacked
    done
done

# Assertions on, and off; without barriers.
# shellcheck disable=SC2086
make checked $ours -D CONFIG_DEBUG_BUILD
# shellcheck disable=SC2086
make unchecked $ours -D CONFIG_RELEASE_BUILD
# shellcheck disable=SC2086
make alone $ours -U CONFIG_ENABLE_SMP_SUPPORT
cat said
for way in checked unchecked alone; do
    for system in switched plain direct; do
        [ "$(run $system $way)" = "$(sed -n '/"digest"/p' $system-shipped/report.json)" ] ||
            echo "$system: $way, something else happens"
    done
done
# What barriers cost is for those that have them.
dear='/platform={"like": "generic", "ops": {"barriers": true, "barrier": 100}}'
for images in shipped alone; do
    rm -rf plain-$images
    run plain $images --set "$dear" >/dev/null
    sed -n 's/^ *"cycles_per_packet": *\([0-9]*\).*/\1/p' plain-$images/report.json >cycles-$images
done
[ "$(cat cycles-shipped)" -gt "$(($(cat cycles-alone) + 1000))" ] || head cycles-*
# By the host's clock, those that have none share a core.
SDDFSIM_IMAGES=$PWD/alone "$SDDFSIM" run plain.json -q -o host --clock host \
    --set /placement=spread 2>&1 |
    sed 's/alone\/network\/[a-z_]*/alone\/network\/one/'
