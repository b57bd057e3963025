# SPDX-License-Identifier: BSD-2-Clause
# For tests: lwip.so, by the README's command, in the working folder; or what is lacking, and 77.
# lwIP's source is where LWIP_DIR says, or where `scripts/fetch-lwip` was told to put it.

lack()
{
    echo "$1"
    exit 77
}

lwip=${LWIP_DIR:-$(dirname "$SDDFSIM")/lwip}
[ -f "$lwip/src/core/tcp.c" ] || lack 'there is no lwIP; scripts/fetch-lwip build/lwip fetches it'
source=$ROOT/tests/image/lwip

# build_lwip OPTION...: what it says, if that is more than that all is good. Warnings of lwIP are
# lwIP's.
build_lwip()
{
    "$SDDFSIM" build "$source"/*.c "$lwip"/src/core/*.c "$lwip"/src/core/ipv[46]/*.c \
        "$lwip/src/netif/ethernet.c" -I "$source" -I "$lwip/src/include" -o lwip.so "$@" \
        >said 2>&1 && ! grep 'tests/image/lwip.*: warning: ' said || cat said
}
