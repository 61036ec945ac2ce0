"""Finds what can be turned in a C file, and writes the file in which each of it hangs on a number.

Reads tokens, not C: statements of function bodies, and in their expressions the operators that conditions are made of. It relies on
the house's dialect (braces always, no assignment inside of an operand that is compared twice). What is turned:

  an operand of && taken away (always true), one of || (never true), a whole condition always or never true,
  `<`, `<=`, `>`, `>=` with the boundary moved by one, a refusal that is never said, a loop that is never entered,
  a bit, a refusal or a truth value of a row of a table at file scope, and a whole row of it.

A comparison is not turned round as such: that falls wherever "always" and "never" fall. Not turned: assertions, macros, loops beyond
their entry, and whether a row that a row names is there (`tables_get`): that is the store's promise.
"""

import re

TOKEN = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|[A-Za-z_]\w*|\d[\w.]*|->|\+\+|--|<<=|>>=|<=|>=|==|!=|&&|\|\||<<|>>|'
    r"[-+*/%&|^]=|\.\.\.|[^\s\w]",
    re.S,
)
OPENERS = {"(": ")", "[": "]", "{": "}"}
ASSIGNMENTS = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="}
COMPARISONS = {"==", "!=", "<", "<=", ">", ">="}
BOUNDARY = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
REFUSING = re.compile(r"(refuse\w*|bad_field|never_a_\w+)$")
CONSTANTS = {"true", "false", "0", "1", "NULL"}


class Token:
    __slots__ = ("text", "at", "end", "mate")

    def __init__(self, text, at):
        self.text, self.at, self.end, self.mate = text, at, at + len(text), None


class Mutant:
    """One thing turned. `key` survives other lines moving: file, function, words (with the source in them), and which of several."""

    def __init__(self, path, function, line, words, kind):
        self.path, self.function, self.line, self.words, self.kind = path, function, line, words, kind
        self.number = 0
        self.source = ""
        self.key = ""


def blank_directives(text):
    """The text with preprocessor lines as blanks, of the same length."""
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda found: re.sub(r"[^\n]", " ", found.group()), text, flags=re.M)


def tokens_of(text):
    tokens = [Token(found.group(), found.start()) for found in TOKEN.finditer(blank_directives(text))]
    tokens = [token for token in tokens if not token.text.startswith(("/*", "//"))]
    stack = []
    for at, token in enumerate(tokens):
        if token.text in OPENERS:
            stack.append(at)
        elif token.text in (")", "]", "}"):
            start = stack.pop()
            if OPENERS[tokens[start].text] != token.text:
                raise ValueError("brackets do not match at offset %d" % token.at)
            tokens[start].mate, token.mate = at, start
    return tokens


class File:
    """One C file: `mutants`, and by `rewritten` the text in which they hang on numbers."""

    def __init__(self, path, text):
        self.path, self.text = path, text
        self.tokens = tokens_of(text)
        self.mutants = []
        self.edits = []  # offset, order, text to insert
        self.patches = []  # (offset behind a table, statement)
        self.unconst = []  # (start, end) of a `const` to blank
        self.function = ""
        self.is_bool = False
        self.order = 0
        self.macros = dict(re.findall(r"^#define (\w+) (\S.*)$", text, re.M))
        self.read_file()
        self.name_mutants()

    # --- names

    def source(self, lo, hi):
        return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", self.text[self.tokens[lo].at : self.tokens[hi - 1].end], flags=re.S))

    def line_of(self, at):
        return self.text.count("\n", 0, at) + 1

    def add(self, at, words, kind):
        line = self.line_of(at)
        mutant = Mutant(self.path, self.function, line, words, kind)
        mutant.source = self.text.split("\n")[line - 1].strip()
        self.mutants.append(mutant)
        return mutant

    def name_mutants(self):
        seen = {}
        for mutant in self.mutants:
            key = "%s | %s | %s" % (mutant.path, mutant.function, mutant.words)
            seen[key] = seen.get(key, 0) + 1
            mutant.key = key if seen[key] == 1 else "%s #%d" % (key, seen[key])

    # --- file scope

    def read_file(self):
        at = begin = 0
        while at < len(self.tokens):
            token = self.tokens[at]
            if token.text == ";":
                begin = at + 1
            elif token.text == "{":
                before = self.tokens[at - 1].text if at > 0 else ""
                if before == ")":
                    self.read_function(begin, at)
                    begin = token.mate + 1
                elif before == "=":
                    self.read_table(begin, at)
                at = token.mate
            at += 1

    def read_function(self, begin, body):
        call = self.tokens[body - 1].mate
        self.function = self.tokens[call - 1].text
        self.is_bool = "bool" in [token.text for token in self.tokens[begin : call - 1]]
        self.statements(body + 1, self.tokens[body].mate)
        self.function = ""

    # --- statements

    def end_of(self, at, hi):
        """The `;` at which the statement that begins at `at` ends."""
        while at < hi and self.tokens[at].text != ";":
            at = self.tokens[at].mate + 1 if self.tokens[at].text in OPENERS else at + 1
        return at

    def statements(self, at, hi):
        while at < hi:
            text = self.tokens[at].text
            if text in ("{", "}", ";", "else", "do"):
                at += 1
            elif text in ("if", "while", "for", "switch"):
                at = self.headed(text, at)
            elif text in ("case", "default"):
                while self.tokens[at].text != ":":
                    at += 1
                at += 1
            elif text == "return":
                end = self.end_of(at, hi)
                if self.tokens[at - 1].text == ":" and self.tokens[at + 1].text in ("true", "false"):
                    self.case(at)
                self.returned(at + 1, end)
                at = end + 1
            elif text == "assert" or text == "static":
                at = self.end_of(at, hi) + 1
            elif self.tokens[at + 1].text == "(" and self.tokens[self.tokens[at + 1].mate + 1].text == "{":  # a loop that is a macro
                at = self.tokens[at + 1].mate + 1
            else:
                end = self.end_of(at, hi)
                self.value(at, end)
                at = end + 1

    def headed(self, word, at):
        lo, hi = at + 2, self.tokens[at + 1].mate
        if word == "if":
            refusal = self.refusal_of(hi + 1)
            self.condition(lo, hi, "TF", refusal)
        elif word == "switch":
            self.value(lo, hi)
        elif word == "while" and self.tokens[hi + 1].text == "{":
            self.wrap(lo, hi, "F", "the loop `while (%s)` never entered" % self.source(lo, hi))
        elif word == "for":
            first = self.end_of(lo, hi)
            second = self.end_of(first + 1, hi)
            if second > first + 1:
                self.wrap(first + 1, second, "F", "the loop `for (%s)` never entered" % self.source(lo, hi))
        return hi + 1

    def refusal_of(self, body):
        """The refusal with which a branch begins, or NULL."""
        words = [token.text for token in self.tokens[body : body + 8]]
        if words[:2] == ["{", "return"] and len(words) > 2 and REFUSING.match(words[2]):
            named = [word for word in words if word.startswith("REFUSAL_")]
            return named[0] if named else words[2]
        return None

    def case(self, at):
        """`case X: return true;`: the other one instead."""
        other = "false" if self.tokens[at + 1].text == "true" else "true"
        words = "`case %s` gives %s" % (self.tokens[at - 2].text, other)
        self.wrap(at + 1, at + 2, "T" if other == "true" else "F", words)

    def returned(self, lo, hi):
        if lo >= hi:
            return
        if self.is_bool:
            self.condition(lo, hi, "TF", None)
        else:
            self.value(lo, hi)

    # --- expressions

    def at_depth(self, lo, hi, wanted):
        found, at = [], lo
        while at < hi:
            if self.tokens[at].text in wanted:
                found.append(at)
            at = self.tokens[at].mate + 1 if self.tokens[at].text in OPENERS else at + 1
        return found

    def parts(self, lo, hi, splits):
        edges = [lo] + [at + 1 for at in splits]
        return list(zip(edges, splits + [hi]))

    def groups(self, lo, hi):
        at = lo
        while at < hi:
            if self.tokens[at].text in OPENERS:
                self.value(at + 1, self.tokens[at].mate)
                at = self.tokens[at].mate
            at += 1

    def ternary(self, lo, hi):
        """Where `a ? b : c` is split, or None."""
        marks = self.at_depth(lo, hi, "?")
        if not marks:
            return None
        depth = 0
        for at in self.at_depth(marks[0], hi, ("?", ":")):
            depth += 1 if self.tokens[at].text == "?" else -1
            if depth == 0:
                return marks[0], at
        return None

    def value(self, lo, hi):
        """An expression, or what stands for one (arguments, a declaration, an initialiser): the conditions in it."""
        if lo >= hi:
            return
        commas = self.at_depth(lo, hi, ",")
        if commas:
            for first, last in self.parts(lo, hi, commas):
                self.value(first, last)
            return
        assigned = self.at_depth(lo, hi, ASSIGNMENTS)
        if assigned:
            self.value(assigned[0] + 1, hi)
            return
        split = self.ternary(lo, hi)
        if split is not None:
            self.condition(lo, split[0], "TF", None)
            self.value(split[0] + 1, split[1])
            self.value(split[1] + 1, hi)
        elif self.at_depth(lo, hi, COMPARISONS | {"&&", "||"}) or self.tokens[lo].text == "!":
            self.condition(lo, hi, "TF", None)
        else:
            self.groups(lo, hi)

    def condition(self, lo, hi, want, refusal):
        """`want`: T, may be made always true; F, never."""
        if lo >= hi:
            return
        first = self.tokens[lo]
        if first.text == "(" and first.mate == hi - 1:
            self.condition(lo + 1, hi - 1, want, refusal)
            return
        split = self.ternary(lo, hi)
        ors = self.at_depth(lo, hi, {"||"})
        ands = self.at_depth(lo, hi, {"&&"})
        if split is not None:
            self.condition(lo, split[0], "TF", None)
            self.condition(split[0] + 1, split[1], "TF", None)
            self.condition(split[1] + 1, hi, "TF", None)
        elif ors:
            parts = self.parts(lo, hi, ors)
            refuses = REFUSING.match(self.tokens[parts[-1][0]].text) is not None
            for part in parts[:-1] if refuses else parts:
                self.condition(*part, "TF" if refuses else "F", None)
            if "T" in want and not refuses:
                self.force(lo, hi, "T", None)
            if refusal is not None and "F" in want:
                self.force(lo, hi, "F", refusal)
        elif ands:
            for part in self.parts(lo, hi, ands):
                self.condition(*part, "T", None)
            if "F" in want:
                self.force(lo, hi, "F", refusal)
        elif first.text == "!":
            if self.tokens[lo + 1].text == "(" and self.tokens[lo + 1].mate == hi - 1:
                self.condition(lo + 2, hi - 1, want.translate({84: "F", 70: "T"}), None)
                if refusal is not None and "F" in want:
                    self.force(lo, hi, "F", refusal)
            else:
                self.leaf(lo, hi, want, refusal)
        else:
            self.leaf(lo, hi, want, refusal)

    def leaf(self, lo, hi, want, refusal):
        words = [token.text for token in self.tokens[lo:hi]]
        if (len(words) == 1 and words[0] in CONSTANTS) or REFUSING.match(words[0]):
            return
        compared = self.at_depth(lo, hi, COMPARISONS)
        if len(compared) == 1:
            self.value(lo, compared[0])
            self.value(compared[0] + 1, hi)
            self.boundary(lo, compared[0], hi)
        else:
            self.groups(lo, hi)
        there = words[0] == "tables_get" or words[:2] == ["!", "tables_get"]
        for way in want:
            if not there or (way == "F") == (words[0] == "tables_get"):
                self.force(lo, hi, way, refusal)

    # --- edits

    def insert(self, lo, hi, before, after):
        """Around tokens lo..hi; what is inserted later stands outside."""
        self.order += 1
        self.edits.append((self.tokens[lo].at, 1, -self.order, before))
        self.edits.append((self.tokens[hi - 1].end, 0, self.order, after))

    def wrap(self, lo, hi, way, words):
        mutant = self.add(self.tokens[lo].at, words, way)
        self.insert(lo, hi, ("mutant_true(" if way == "T" else "mutant_false(", mutant, ", ("), ("))",))

    def force(self, lo, hi, way, refusal):
        source = self.source(lo, hi)
        if way == "F" and refusal is not None:
            words = "`%s` never says %s" % (source, refusal)
        else:
            words = "`%s` %s true" % (source, "always" if way == "T" else "never")
        self.wrap(lo, hi, way, words)

    def boundary(self, lo, compared, hi):
        sign = self.tokens[compared].text
        inside = {token.text for token in self.tokens[lo:hi]}
        if sign not in BOUNDARY or inside & (ASSIGNMENTS | {"++", "--"}) or self.source(compared + 1, hi) == "0":
            return  # beside 0 it is "none" or "any", which always and never say
        other = "(%s) %s (%s)" % (self.source(lo, compared), BOUNDARY[sign], self.source(compared + 1, hi))
        mutant = self.add(self.tokens[lo].at, "`%s` with `%s`" % (self.source(lo, hi), BOUNDARY[sign]), "B")
        self.insert(lo, hi, ("mutant_other(", mutant, ", ("), ("), (%s))" % other,))

    # --- tables

    def read_table(self, begin, body):
        head = [token.text for token in self.tokens[begin:body]]
        if "static" not in head or "const" not in head or "[" not in head or "*" in head:
            return
        name = self.tokens[begin + head.index("[", head.index("}") if "}" in head else 0) - 1].text
        rows = self.parts(body + 1, self.tokens[body].mate, self.at_depth(body + 1, self.tokens[body].mate, ","))
        count, found = 0, []
        self.function = name
        for lo, hi in rows:
            if hi - lo < 3 or self.tokens[hi - 1].text != "}":
                continue
            index = str(count)
            count += 1
            start = self.tokens[hi - 1].mate
            if self.tokens[lo].text == "[":
                index = self.source(lo + 1, self.tokens[lo].mate)
            found += self.read_row(name, index, start, hi - 1, self.tokens[lo].text == "[")
        self.function = ""
        if found:
            const = begin + head.index("const")
            self.unconst.append((self.tokens[const].at, self.tokens[const].end))
            end = self.end_of(body, len(self.tokens))
            self.patches.append((self.tokens[end].end, found))

    def read_row(self, name, index, start, end, designated):
        fields = self.parts(start + 1, end, self.at_depth(start + 1, end, ","))
        texts = [self.source(lo, hi) if lo < hi else "" for lo, hi in fields]
        title = ", ".join(texts[:4]) if len(texts) > 4 else ", ".join(texts)
        found = []

        def turned(at, new, words):
            mutant = self.add(self.tokens[fields[at][0]].at, "{%s}: %s" % (title, words), "R")
            row = ", ".join(texts[:at] + [new] + texts[at + 1 :])
            found.append((mutant, "%s[%s] = (__typeof__(%s[0])){%s};" % (name, index, name, row)))

        for at, whole in enumerate(texts):
            member, text = re.fullmatch(r"(\.\w+ = )?(.*)", whole).groups(default="")
            bits = self.bits(text)
            if len(bits) > 1:
                for bit in bits:
                    turned(at, member + " | ".join(other for other in bits if other is not bit), "without %s" % bit)
            elif text in ("true", "false"):
                other = "false" if text == "true" else "true"
                turned(at, member + other, "%s %s" % (member[1:-3] or "column %d" % (at + 1), other))
            elif text.startswith("REFUSAL_") and text != "REFUSAL_NONE":
                turned(at, member + "REFUSAL_NONE", "never says %s" % text)
        if not designated and re.fullmatch(r"[A-Z][A-Z0-9_]+", texts[0]):
            mutant = self.add(self.tokens[start].at, "{%s}: no such row" % title, "R")
            found.append((mutant, "memset(&%s[%s], 0, sizeof(%s[0]));" % (name, index, name)))
        return found

    def bits(self, text):
        """The terms of `A | B`, names that stand for several told out."""
        terms = [term.strip() for term in re.sub(r"^\((.*)\)$", r"\1", text.strip()).split("|")]
        if any(not re.fullmatch(r"\w+(\(\w+\))?", term) for term in terms):
            return []
        told = []
        for term in terms:
            inner = self.bits(self.macros[term]) if term in self.macros else []
            told += inner if inner else [term]
        return told

    # --- the text

    def rewritten(self):
        edits = list(self.edits)
        for start, end in self.unconst:
            edits.append((start, 2, 0, ("/*", )))
            edits.append((end, -1, 0, ("*/", )))
        for at, found in self.patches:
            lines = ["if (mutant_table(%d)) { %s }" % (mutant.number, statement) for mutant, statement in found]
            edits.append((at, -1, 0, ("\n__attribute__((constructor(200))) static void mutant_rows_%d(void)\n{\n%s\n}" % (at, "\n".join(lines)),)))
        out, last = ['#include "mutant.h"\n#line 1 "%s"\n' % self.path], 0
        for at, _, _, pieces in sorted(edits, key=lambda edit: edit[:3]):
            out.append(self.text[last:at])
            out += [str(piece.number) if isinstance(piece, Mutant) else piece for piece in pieces]
            last = at
        out.append(self.text[last:])
        return "".join(out)
