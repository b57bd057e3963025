# SPDX-License-Identifier: BSD-2-Clause
"""What a place in a component is there for, and which checks judge that.

A mutant breaks a duty. The checks that judge the duty are the right ones to speak of it; whoever
runs the broken image is the right one to be blamed. So a report is worth, from best to worst:

  right    a check that judges the duty names a domain that runs the mutant
  nobody   such a check speaks, and names no culprit
  blamed   such a check speaks, and all it names are domains that run no mutant: that is wrong
  other    only checks speak that judge other things
  expect   no check speaks, but what the scenario expects does not come true
  death    the program itself died; `no end`: it never ended

A right report beside which others are blamed as well is right, and is listed all the same."""
import re

# What there is to be judged, and by which checks. That a domain dies of its own mistakes is a
# matter of `domains` wherever the mistake is, so it stands with none of them.
JUDGES = {
    "buffers": {"conservation", "ownership", "flow"},
    "frames": {"conservation", "drops", "delivery", "integrity", "confidentiality", "liveness"},
    "bounds": {"ownership", "integrity", "confidentiality", "dma"},
    "signals": {"protocol", "liveness", "deferred"},
    "interrupts": {"protocol", "liveness"},
    "registers": {"dma", "liveness", "drops", "conservation"},
    "caches": {"coherence", "integrity", "confidentiality"},
    "work": {"liveness", "budget"},
    "calls": {"calls"},
    "turns": {"fairness", "liveness"},
}
ALWAYS = {"domains"}

# First by what was changed, whatever the function: (part of the operator and change, duties).
BY_CHANGE = [
    (r"^dropped cache operation", "caches"),
    (r"^dropped acknowledgement", "interrupts"),
    (r"^dropped (signal|request|cancel):", "signals"),
    (r"^other word: .*_signal_|^other word: .*notify", "signals"),
]
# Then by where: (file and function, duties). The first that fits counts.
BY_PLACE = [
    (r"queue\.h net_flag_", "signals"),
    (r"queue\.h net_(queue|enqueue|dequeue|slot|length|desc)", "buffers frames bounds signals"),
    (r"enet_driver\.h (eth_|ring_)", "registers buffers frames interrupts bounds"),
    (r"nic_driver\.h ring_", "registers buffers frames bounds"),
    (r"driver_\w+\.c |(enet|nic)_driver\.h ",
     "buffers frames bounds signals interrupts registers work"),
    (r"vswitch\.c (argument|refuse|set_ip_addr|query_state|req_client|protected) ", "calls"),
    (r"virt_tx\.c (tx_provide|client_after) ", "turns buffers frames bounds signals work"),
    (r"(copier_peers|vswitch|virt_\w+)\.\w (signal_peers|notify_clients) ", "signals frames"),
    (r"\w+\.[ch] (submit|receive) ", "buffers frames bounds signals caches"),
    (r"", "buffers frames bounds signals work"),
]


def judges_of(file, function, operator, change):
    """The checks that may rightly report a mutant."""
    what, where = "%s: %s" % (operator, change), "%s %s " % (file, function)
    tables = [(BY_CHANGE, what), (BY_PLACE, where)]
    for table, words in tables:
        for pattern, duties in table:
            if re.search(pattern, words):
                return ALWAYS.union(*(JUDGES[duty] for duty in duties.split()))
    raise AssertionError("the last row fits everything")


RANKS = ("right", "nobody", "blamed", "other", "expect", "death", "no end")


def rank_of(findings, judges, culprits):
    """How much a run's findings are worth, each (check, culprit or None), and who of those that
    run no mutant is blamed."""
    proper = [culprit for check, culprit in findings if check in judges]
    blamed = sorted({culprit for _, culprit in findings
                     if culprit is not None and culprit not in culprits})
    if any(culprit in culprits for culprit in proper):
        return "right", blamed
    if any(culprit is None for culprit in proper):
        return "nobody", blamed
    return ("blamed" if proper else "other"), blamed
