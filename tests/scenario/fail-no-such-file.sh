# SPDX-License-Identifier: BSD-2-Clause
# A scenario that is not there, or is no file, is bad input whatever the verb.
for verb in run check; do
    "$SDDFSIM" $verb nowhere.json
    echo "exit $?"
    "$SDDFSIM" $verb .
    echo "exit $?"
done
"$SDDFSIM" run
echo "exit $?"
