# SPDX-License-Identifier: BSD-2-Clause
# The headers for images provide what sDDF 0.7 has: sizes, places, types and values, in each
# configuration, for each compiler there is, and usable wherever sources use them, without a
# warning; and each header brings the names that sources take from it without asking.
cd "$ROOT" || exit 3
compilers=
for compiler in gcc clang; do
    command -v $compiler >/dev/null && compilers="$compilers $compiler"
done
arch=-DCONFIG_ARCH_X86_64 clock=-DCONFIG_ARCH_X86
[ "$(uname -m)" = aarch64 ] && arch='-DCONFIG_ARCH_AARCH64 -DCONFIG_ARCH_ARM' clock=

# compile OPTION...: with all that warns of what is wrong rather than of taste.
compile()
{
    for compiler in $compilers; do
        $compiler -Wall -Wextra -Wundef -Wpointer-arith -Wwrite-strings -Werror $arch -I. -Isddf \
            -Itests/image/interface -c -o /dev/null "$@" || echo "$compiler $*"
    done
}

for file in tests/image/interface/*.c; do
    compile -std=gnu11 -O2 -DCONFIG_ENABLE_SMP_SUPPORT "$file"
    compile -std=c11 -O0 -DCONFIG_DEBUG_BUILD -DCONFIG_PRINTING "$file"
    compile -std=gnu11 -O3 -DCONFIG_RELEASE_BUILD -DCONFIG_MAX_NUM_NODES=4 $clock "$file"
    # Names of the C library's, included before.
    compile -std=gnu11 -O2 -include assert.h -include sys/param.h -include endian.h "$file"
done

# HEADER NAME...: what it must bring.
while read -r header names; do
    {
        echo "#include <$header>"
        for name in $names; do
            printf '#ifndef %s\ntypedef __typeof__(%s) has_%s;\n#endif\n' $name $name $name
        done
    } | compile -std=gnu11 -O1 -x c -
done <<'HEADERS'
os/sddf.h seL4_MessageInfo_t seL4_MessageInfo_new seL4_Bool seL4_Word uint64_t sddf_channel
sddf/util/util.h size_t NULL assert ARRAY_SIZE _assert_fail
sddf/util/fence.h uint32_t sddf_notify rrmb
sddf/util/ialloc.h uint32_t assert MIN
sddf/util/printf.h sddf_channel seL4_Word serial_queue_handle_t va_list size_t bool memcpy
sddf/serial/queue.h bool size_t uint32_t memcpy strlen assert load_acquire_32
sddf/serial/config.h sddf_channel bool uint64_t region_resource_t
sddf/timer/config.h sddf_channel bool uint8_t
sddf/timer/protocol.h NS_IN_S
sddf/timer/timer_common.h NS_IN_S
sddf/timer/client.h sddf_ppcall SDDF_TIMER_SET_TIMEOUT NS_IN_MS NS_IN_US ticks_to_ns ARRAY_SIZE
sddf/resources/device.h bool uint8_t region_resource_t
sddf/network/constants.h sddf_channel uint64_t
sddf/network/queue.h bool size_t uint16_t NET_BUFFER_SIZE THREAD_MEMORY_RELEASE assert
sddf/network/config.h sddf_channel region_resource_t device_resources_t mac_addr_t
sddf/network/mac802.h uint8_t bool memcpy sddf_printf sddf_dprintf
sddf/network/util.h sddf_channel assert
sddf/network/ip.h uint8_t
sddf/network/udp.h uint16_t
sddf/network/icmp.h uint8_t
sddf/network/tcp.h uint32_t
sddf/network/arp.h microkit_channel
sddf/network/lib_sddf_lwip.h region_resource_t net_queue_handle_t timer_client_config_t
sddf/benchmark/config.h sddf_channel BENCHMARK_MAX_PMU_EVENTS
sddf/virtio/transport/common.h device_resources_t sddf_printf
sddf/pci/conf_space.h microkit_x86_ioport_read_32 uint16_t
HEADERS
