#!/usr/bin/env python3
"""Each rule of logs.py finds its fault, and finds none where there is none."""
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import logs

SOURCE = '''static void log_say(struct log *log, enum log_level level, const char *code, const char *format, ...);
static void f(struct log *log)
{
    log_say(log, LOG_LEVEL_WARNING, "key_gone",
            "key %s, dropped (it says \\"gone\\")", name(log, 1));
    log_line(log, level, code, text);
}
'''
MANUAL = "# Logs\n## huyingd\n| code | level | what | do |\n|---|---|---|---|\n| `key_gone` | warning | It went. | None. |\n## Workers\n"


class Logs(unittest.TestCase):
    def check(self, source=SOURCE, manual=MANUAL, path="dispatcher/shell/x.c"):
        with tempfile.TemporaryDirectory() as root:
            for name, text in ((path, source), (logs.MANUAL, manual)):
                os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
                with open(os.path.join(root, name), "w", encoding="utf-8") as stream:
                    stream.write(text)
            return logs.check(root)

    def found(self, path, word, **files):
        faults = self.check(**files)
        self.assertEqual(len(faults), 1, faults)
        self.assertEqual(faults[0][0], path)
        self.assertIn(word, faults[0][2])

    def test_no_fault(self):
        self.assertEqual(self.check(), [])

    def test_code_without_a_row(self):
        self.found("dispatcher/shell/x.c", "key_new", source=SOURCE.replace("log_line(log, level, code", 'log_line(log, LOG_LEVEL_ERROR, "key_new"'))
        self.found("dispatcher/shell/x.c", "key_new", source=SOURCE + 'engine_log(engine, 0, "key_new", text);\n')
        self.found("dispatcher/shell/x.c", "key_new", source=SOURCE + 'log_faults(log, "key_new", &faults);\n')

    def test_row_without_a_code(self):
        self.found(logs.MANUAL, "key_old", manual=MANUAL.replace("## Workers", "| `key_old` | error | It was. | None. |\n## Workers"))

    def test_other_level(self):
        self.found(logs.MANUAL, "warning", manual=MANUAL.replace("| warning |", "| error |"))

    def test_row_of_another_program(self):
        faults = self.check(path="workers/x.c", source=SOURCE)
        self.assertEqual(sorted(fault[0] for fault in faults), [logs.MANUAL, "workers/x.c"])

    def test_row_that_lacks_what_to_do(self):
        faults = self.check(manual=MANUAL.replace(" None. |", " |"))
        self.assertIn("a row is", faults[0][2])

    def test_code_that_is_computed(self):
        self.found("dispatcher/shell/x.c", "stand there", source=SOURCE + "log_say(log, LOG_LEVEL_ERROR, code_of(x), text);\n")

    def test_no_manual(self):
        with tempfile.TemporaryDirectory() as root:
            self.assertEqual(len(logs.check(root)), 1)


if __name__ == "__main__":
    unittest.main()
