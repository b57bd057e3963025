# SPDX-License-Identifier: BSD-2-Clause
# What the stories of real networks expect can fail: one frame that is lost on its way in, or comes
# twice, and none of them holds any more.
for story in overload tiny-queues back-pressure storm bursts one-way jumbo runt noise vlan ipv6 \
    mdns stream tcp-loss two-stacks steady; do
    for kind in wire_drop wire_duplicate; do
        "$SDDFSIM" run "$ROOT/scenarios/$story.json" --clock=virtual -q -o out \
            --set "/faults=[{ \"kind\": \"$kind\", \"way\": \"in\", \"count\": 1 }]" >said 2>&1
        status=$?
        [ $status = 1 ] || echo "$story does not notice $kind, but ends with status $status"
        rm -rf out
    done
done
echo 'all noticed'
