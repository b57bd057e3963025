# SPDX-License-Identifier: BSD-2-Clause
# One slow client beside a healthy one, at rates that rise until the wire is full: at each of them
# the healthy one is given and answers all of its frames, by either clock. In virtual time it can be
# said as well how much the slow one's copier drops: more at each rate.
rates='10000 frames/s,30000 frames/s,100000 frames/s,300000 frames/s,line'

# sweep CLOCK: each rate, and what its points are told in, one after the other.
sweep()
{
    "$SDDFSIM" sweep "$ROOT/scenarios/overload.json" --vary "/wires/0/pace=$rates" --clock="$1" \
        -j 1 -q -o "$1" >said 2>&1 || cat said
}

# columns FILE NAME...: of a table with commas, by their names.
columns()
{
    file=$1
    shift
    awk -F, -v names="$*" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; n = split(names, name, " "); next }
        { line = ""; for (i = 1; i <= n; i++) line = line " " $at[name[i]]; print line }' "$file"
}

for clock in host virtual; do
    sweep $clock
    echo "$clock:"
    columns $clock/sweep.csv /wires/0/pace verdict frames_in frames_out
done
columns virtual/sweep.csv frames_dropped |
    awk '$1 < before { print "fewer dropped at a higher rate" } { before = $1 }
         END { print "at most " $1 }'
