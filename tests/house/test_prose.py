#!/usr/bin/env python3
"""Shows that prose.py finds each line with two sentences and each sentence on two lines, and nothing in what is written as it should be."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import prose  # noqa: E402

GOOD = """# A title. With two sentences.
One sentence.
Another: `huying submit. And` in code, [a link](docs/x.md) and 0.5 of 1.25 GB in file.c e.g. here.
**Update.** A label is no sentence.
- *Attempts.* Three of them.
  And what follows them.
- An item without a point
- another
1. Number one.

| a cell. With | two. Sentences |
|---|---|
路灯不亮。
他说“路灯不亮。”就走了。

    code. Here. And
    here

```sh
code. Here, and
there
```

What is left out ... goes on; so does (pure? thread? units?) this.
"""


class Prose(unittest.TestCase):
    def faults(self, text):
        return [(number, fault.split(":")[0]) for number, fault in prose.check_lines(text.split("\n"))]

    def test_good_prose_has_no_fault(self):
        self.assertEqual(self.faults(GOOD), [])

    def test_two_sentences(self):
        two = "more than one sentence in a line"
        for line in ("One. Two.", "- One. two", "One `x`. `y` two.", "(One.) Two.", "**Label.** One. Two.", "Is it? It is.", "1. One. Two.",
                     "路灯不亮。已修。", "It costs 1 h. A clock runs.", "See [x](y). Then z."):
            self.assertEqual(self.faults("\n" + line), [(2, two)], line)

    def test_a_sentence_on_two_lines(self):
        self.assertEqual(self.faults("One goes\non."), [(1, "this sentence goes on in the next line")])
        self.assertEqual(self.faults("- One goes\n  on."), [(1, "this sentence goes on in the next line")])
        self.assertEqual(self.faults("路灯\n不亮。"), [(1, "this sentence goes on in the next line")])

    def test_cut_where_they_end(self):
        self.assertEqual(prose.sentences("- One, e.g. this. Two? Three."), ["- One, e.g. this.", "Two?", "Three."])
        self.assertEqual(prose.sentences("不亮。已修！好？"), ["不亮。", "已修！", "好？"])


if __name__ == "__main__":
    unittest.main()
