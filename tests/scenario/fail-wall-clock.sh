# SPDX-License-Identifier: BSD-2-Clause
# A run that does not end is given up, with the command that repeats it as the last line, and a
# report all the same.
"$SDDFSIM" run "$HERE/pass-stopped-by-plan.json" -q -o out --set '/stop={"wall":"300 ms"}'
echo "exit $?"
ls out
