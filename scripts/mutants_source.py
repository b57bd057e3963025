# SPDX-License-Identifier: BSD-2-Clause
"""Drawing mutants from C sources, for scripts/mutants and scripts/mutants-sim: what in a file can
be changed, which of it is drawn, what a mutant is called, and why one that survives is listed.

Functions, statements and conditions are told apart by their form, which .clang-format keeps. Where
that is not enough, a mutant is no C, and the compiler says so."""
import collections
import hashlib
import json
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
KINDS = ("equivalent", "slower", "beyond", "needs")
EXCUSED = KINDS[:3]  # what is no defect of anything promised

Mutant = collections.namedtuple("Mutant", "file line function operator start end new change")


class Trouble(Exception):
    pass


# -- reading C, as far as this takes it ----------------------------------------------------------

NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|'
                      r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.S | re.M)
TOKEN = re.compile(r"[A-Za-z_]\w*|0[xX][0-9a-fA-F]+\w*|\d+\w*|->|\+\+|--|<<=|>>=|<<|>>|"
                   r"[<>=!+\-|&*/%^]=|&&|\|\||\S")
FUNCTION = re.compile(r"^(?P<type>[A-Za-z_][\w \t*]*?)\b(?P<name>\w+)\((?P<takes>[^{};]*)\)\n\{\n",
                      re.M)
DECLARATION = re.compile(r"(const|static|volatile|unsigned|struct|register|int|char|bool|void|"
                         r"size_t|sddf_channel|seL4_\w+|vswitch_err_t|\w+_t)\b[\s*]")
# Words for people, and what only the simulator looks at.
IDLE = re.compile(r"(assert|sddf_dprintf|point|point_moved|\(void\)[a-z_]+;)")


def blank(found):
    return re.sub(r"[^\n]", " ", found.group())


def tokens_of(code, start, end):
    return [(found.group(), found.start()) for found in TOKEN.finditer(code, start, end)]


def closing(tokens, at):
    """Where what opens at `at` is closed."""
    depth = 0
    for i in range(at, len(tokens)):
        if tokens[i][0] in "([{":
            depth += 1
        elif tokens[i][0] in ")]}":
            depth -= 1
            if depth == 0:
                return i
    raise Trouble("what opens at %d is never closed" % tokens[at][1])


def counters_of(code):
    """Numbers that are only ever counted up: nothing depends on them."""
    found = re.findall(r"^uint64_t\s+(\w+);", code, re.M)
    return [name for name in found
            if all(use.startswith(("++", " +=")) for use in re.findall(name + r"\b(?!;)(...)", code)
                   if not use.startswith(")"))]


class Source:
    """One file, and what there is in it to be changed."""

    def __init__(self, path):
        self.path = path
        with open(os.path.join(ROOT, path), encoding="utf-8") as text:
            self.text = text.read()
        self.code = NOT_CODE.sub(blank, self.text)
        self.idle = [re.compile(r"%s( \+=|\+\+)" % name) for name in counters_of(self.code)]
        self.idle += [IDLE, re.compile(r"\(\*reason\)\+\+")]
        self.mutants, self.lengths = [], 0
        for function in FUNCTION.finditer(self.code):
            end = self.code.index("\n}\n", function.end() - 1) + 1
            self.function(function, end)

    def add(self, operator, start, end, new, change=None):
        old = self.text[start:end]
        if old.count("\n") > new.count("\n"):
            new += "\n" * (old.count("\n") - new.count("\n"))
        line = self.text.count("\n", 0, start) + 1
        change = " ".join((change or self.within(start, end, new)).split())
        before = sum(change == mutant.change and operator == mutant.operator
                     and self.name == mutant.function for mutant in self.mutants)
        change += " (%d)" % (before + 1) if before else ""
        self.mutants.append(Mutant(self.path, line, self.name, operator, start, end, new, change))

    def within(self, start, end, new):
        """A change inside a line, with enough around it to know it by."""
        first = self.text.rindex("\n", 0, start) + 1
        last = self.text.index("\n", end)
        return "%s[%s -> %s]%s" % (self.text[max(first, start - 24):start], self.text[start:end],
                                   new, self.text[end:min(last, end + 16)])

    def function(self, found, end):
        self.name = found.group("name")
        kind = found.group("type").replace("static", "").replace("inline", "").strip()
        tokens = tokens_of(self.code, found.end(), end)
        if kind == "void":
            self.add("idle function", found.end(), found.end(), "return;", "return")
        elif kind == "bool":
            for value in ("false", "true"):
                self.add("idle function", found.end(), found.end(), "return %s;" % value,
                         "return " + value)
        self.block(tokens)

    # A block's statements one after the other; `plain` are neighbours that may be exchanged.
    def block(self, tokens):
        at, before = 0, None
        while at < len(tokens):
            end, plain = self.statement(tokens, at)
            here = (tokens[at][1], tokens[end - 1][1] + 1) if plain else None
            if before and here:
                self.exchange(before, here)
            at, before = end, here

    def statement(self, tokens, at):
        """Look at the statement that begins at `at`: where it ends, and whether it is plain."""
        word = tokens[at][0]
        if word == "{":
            end = closing(tokens, at)
            self.block(tokens[at + 1:end])
            return end + 1, False
        if word in ("if", "while", "for", "switch"):
            return self.controlled(tokens, at), False
        if word in ("else", "do"):
            return self.statement(tokens, at + 1)[0], False
        end = at
        while end < len(tokens) and tokens[end][0] != ";":
            end = closing(tokens, end) + 1 if tokens[end][0] in "([{" else end + 1
        if end == len(tokens):  # a row of a table, or a macro that brings its own
            return end, False
        return end + 1, self.simple(tokens[at:end + 1])

    def controlled(self, tokens, at):
        word, end = tokens[at][0], closing(tokens, at + 1)
        head = tokens[at + 2:end]
        start, stop = tokens[at + 1][1] + 1, tokens[end][1]
        condition = self.text[start:stop]
        if word in ("if", "while"):
            self.add("condition false", start, stop, "0 && (%s)" % condition, condition)
        if word == "if":
            self.add("condition true", start, stop, "1 || (%s)" % condition, condition)
        self.expressions(head)
        return self.statement(tokens, end + 1)[0]

    def simple(self, tokens):
        start, end = tokens[0][1], tokens[-1][1] + 1
        text = self.code[start:end]
        if any(idle.match(text) for idle in self.idle):
            return False
        self.expressions(tokens)
        if DECLARATION.match(text):
            return False
        if text in ("return;", "break;", "continue;"):
            self.add("dropped " + text[:-1], start, end, ";",
                     self.code[max(0, start - 60):start] + text)
            return False
        if tokens[0][0] == "return":
            return False
        self.add("dropped " + self.sort(text), start, end, ";", text)
        if re.search(r"enqueue|\+\+;|--;|ring_put|take_in_hand", text):
            self.add("made twice", start, end, text + " " + text, text)
        return True

    @staticmethod
    def sort(text):
        """What kind of statement this is, by what it calls."""
        for word, sort in (("cache_", "cache operation"), ("notify(", "signal"),
                           ("irq_ack", "acknowledgement"), ("request_signal", "request"),
                           ("cancel_signal", "cancel"), ("enqueue", "enqueue"),
                           ("mmio_", "register access"), ("BARRIER|fence|MEMORY", "fence")):
            if re.search(word if "|" in word else re.escape(word), text):
                return sort
        if re.search(r"(\+\+|--);$|[+\-|&]= ", text):
            return "count"
        return "assignment" if re.search(r"[^=<>!]=[^=]", text) else "call"

    def exchange(self, one, two):
        a, b = self.text[one[0]:one[1]], self.text[two[0]:two[1]]
        if a != b:
            between = self.text[one[1]:two[0]]
            self.add("exchanged", one[0], two[1], b + between + a, a + " " + b)

    def expressions(self, tokens):
        for i, (word, start) in enumerate(tokens):
            before = tokens[i - 1][0] if i > 0 else ""
            after = tokens[i + 1][0] if i + 1 < len(tokens) else ""
            self.operator(word, start, before)
            self.constant(word, start, before)
            self.word(word, start)
            if word in ("&&", "||"):
                self.halves(tokens, i)
            if re.fullmatch(r"capacity|len|size|count|head|tail|num_\w+|bytes", word):
                self.length(tokens, i, after)

    def operator(self, word, start, before):
        if word in ("+", "-", "&", "|", "<", ">") and not re.search(r"[\w)\]]$", before):
            return
        if word in ("&", "-", "+") and before == "return":
            return
        bounds = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
        others = {"==": "!=", "!=": "==", "&&": "||", "||": "&&"}
        sums = {"+": "-", "-": "+", "|": "&", "&": "|", "<<": ">>", ">>": "<<", "%": "/",
                "+=": "-=", "-=": "+=", "|=": "=", "&=": "=", "++": "--", "--": "++"}
        for name, table in (("bound", bounds), ("comparison", others), ("arithmetic", sums)):
            if word in table:
                self.add(name, start, start + len(word), table[word])

    def constant(self, word, start, before):
        if word in ("true", "false"):
            self.add("constant", start, start + len(word), "false" if word == "true" else "true")
        elif re.fullmatch(r"\d+", word) and before not in ("->", ".", "==", "!=", ">"):
            self.add("constant", start, start + len(word), str(int(word) + 1))

    def word(self, word, start):
        """The other queue of a pair, the other flag operation, a signal at the other time."""
        swaps = [(r"^(net_\w+)_free$", r"\1_active"), (r"^(net_\w+)_active$", r"\1_free"),
                 ("^(net_)request(_signal)", r"\1cancel\2"),
                 ("^(net_)cancel(_signal)", r"\1request\2"),
                 ("^sddf_notify$", "sddf_deferred_notify"),
                 ("^sddf_deferred_notify$", "sddf_notify"),
                 ("^ENET_RDAR$", "ENET_TDAR"), ("^ENET_TDAR$", "ENET_RDAR"),
                 ("^ENET_EIR_RXF$", "ENET_EIR_TXF"), ("^ENET_EIR_TXF$", "ENET_EIR_RXF"),
                 ("_acquire_", "_relaxed_"), ("_release_", "_relaxed_")]
        for pattern, new in swaps:
            if re.search(pattern, word):
                other = re.sub(pattern, new, word)
                self.add("other word", start, start + len(word), other)

    def length(self, tokens, i, after):
        """A length read is one more or, at every other place, one less."""
        if after in ("=", "++", "--", "+=", "-=", ".", "->", "[", "("):
            return
        first = i
        while first > 1 and tokens[first - 1][0] in (".", "->"):
            first -= 2
            if tokens[first][0] in "])":
                depth, first = 1, first - 1
                while depth > 0:
                    depth += {"]": 1, ")": 1, "[": -1, "(": -1}.get(tokens[first][0], 0)
                    first -= 1
        before = tokens[first - 1][0] if first > 0 else ""
        if first < 0 or before in ("&", "++", "--", "*", ".") or re.fullmatch(r"\w+_t", before):
            return
        start, end = tokens[first][1], tokens[i][1] + len(tokens[i][0])
        self.lengths += 1
        sign = "+-"[self.lengths % 2]
        self.add("length", start, end, "(%s %s 1)" % (self.text[start:end], sign))

    def halves(self, tokens, at):
        """A condition without what is on one side of && or ||."""
        ends = {"&&": ("&&", "||"), "||": ("||",)}[tokens[at][0]]
        stops = ends + ("return", "=", "?", ":", ",", ";")
        left = at
        depth = 0
        while left > 0:
            word = tokens[left - 1][0]
            depth += {")": 1, "]": 1, "(": -1, "[": -1}.get(word, 0)
            if depth < 0 or (depth == 0 and word in stops):
                break
            left -= 1
        right = at + 1
        while right < len(tokens):
            word = tokens[right][0]
            if word in ")];?:," or word in ends:
                break
            right = closing(tokens, right) + 1 if word in "([{" else right + 1
        last = tokens[right - 1]
        stop = last[1] + len(last[0])
        start, middle = tokens[left][1], tokens[at][1]
        if left == 0 or tokens[left - 1][0] not in ends:
            self.add("half a condition", start, tokens[at + 1][1], "")
        before = tokens[at - 1]
        self.add("half a condition", before[1] + len(before[0]), stop, "")


# -- which, and what they are called ---------------------------------------------------------------

def name_of(mutant):
    return "%s:%d %s, %s: %s" % (os.path.basename(mutant.file), mutant.line, mutant.function,
                                 mutant.operator, mutant.change)


def plain_name(mutant):
    """Without the line, which changes with every other."""
    return re.sub(r"^(\S+?):\d+", r"\1", name_of(mutant))


class Listed:
    """Survivors and their reasons. One is listed as it is named, but not by its line, which changes
    with every other; `...` stands for anything."""

    def __init__(self, path):
        self.exact, self.patterns = {}, []
        name = None
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.startswith("#") or not line.strip():
                    continue
                if not line.startswith(" "):
                    name = re.sub(r"^(\S+?):\d+", r"\1", line.strip())
                    continue
                kind, _, reason = line.strip().partition(": ")
                if kind not in KINDS or not reason or name is None:
                    raise Trouble("%s:%d: not a name and below it, indented, %s: reason"
                                  % (os.path.relpath(path, ROOT), number, "|".join(KINDS)))
                self.keep(name, (kind, reason))
                name = None

    def keep(self, name, why):
        if "..." in name:
            parts = [re.escape(part) for part in name.split("...")]
            self.patterns.append((re.compile(".*".join(parts) + "$"), why))
        else:
            self.exact[name] = why

    def why(self, mutant):
        name = plain_name(mutant)
        if name in self.exact:
            return self.exact[name]
        return next((why for pattern, why in self.patterns if pattern.match(name)), (None, None))


def lot(seed, mutant):
    return hashlib.sha256(("%d %s" % (seed, plain_name(mutant))).encode()).digest()


def survived(path):
    with open(path, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return {plain_name(Mutant(**row["mutant"])) for row in rows
            if row["fate"] in ("survived", "never run")}


def draw(options, texts):
    """Which mutants, in the order of the source. That one is drawn depends on the seed and its own
    name, so what is changed elsewhere does not bring others."""
    mutants = [mutant for path in sorted(texts) for mutant in texts[path].mutants]
    seen, different = set(), []
    for mutant in mutants:
        place = (mutant.file, mutant.start, mutant.end, mutant.new)
        if place not in seen:
            seen.add(place)
            different.append(mutant)
    if options.only:
        different = [mutant for mutant in different
                     if any(text in name_of(mutant) for text in options.only)]
    different = [mutant for mutant in different
                 if not any(text in name_of(mutant) for text in options.but)]
    if options.again:
        names = survived(options.again)
        different = [mutant for mutant in different if plain_name(mutant) in names]
    count = 24 if options.sample and options.count is None else options.count
    if count is not None and count < len(different):
        lots = {mutant: lot(options.seed, mutant) for mutant in different}
        last = sorted(lots.values())[count]
        different = [mutant for mutant in different if lots[mutant] < last]
    return different
