#!/usr/bin/env python3
"""Shows that house.py finds each kind of fault, and nothing in a clean tree, on small trees of their own."""
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import house  # noqa: E402

LATER = "TO" + "DO"
HEADER = "/*\n * {name} - for a test\n */\n#ifndef HUYING_T_H\n#define HUYING_T_H\n{body}#endif\n"


def header(path, body=""):
    return HEADER.format(name=os.path.basename(path), body=body)


CLEAN = {
    "base/number.h": header("number.h"),
    "base/log.h": header("log.h"),
    "proto/shape.h": header("shape.h", "#include <stdint.h>\n"),
    "proto/gen/enums.h": "/* generated */\n",
    "proto/codec.h": header("codec.h", '#include "proto/shape.h"\n'),
    "config/district.h": header("district.h", '#include "proto/shape.h"\n'),
    "config/loader.h": header("loader.h"),
    "dispatcher/core/core.h": header("core.h", '#include "base/number.h"\n#include "config/district.h"\n#include "proto/shape.h"\n'),
    "dispatcher/core/core.c": '#include "dispatcher/core/core.h"\n#include "proto/gen/enums.h"\n\n#include <string.h>\n',
    "dispatcher/store/rows.c": '#include "dispatcher/core/core.h"\n\n#include <lmdb.h>\n',
    "dispatcher/engine/engine.h": header("engine.h", '#include "dispatcher/core/core.h"\n'),
    "dispatcher/shell/shell.h": header("shell.h", '#include "dispatcher/engine/engine.h"\n'),
    "dispatcher/shell/shell.c": '#include "dispatcher/shell/shell.h"\n\n#include <zmq.h>\n',
    "dispatcher/main.c": '#include "config/loader.h"\n#include "dispatcher/shell/shell.h"\n',
    "proto/client/client.c": '#include "proto/shape.h"\n\n#include <zmq.h>\n',
    "clients/main.c": '#include "config/loader.h"\n#include "proto/shape.h"\n',
    "tests/core/test_core.c": '#include "dispatcher/core/core.h"\n\n#include <zmq.h>\n',
    "README.md": "[core](dispatcher/core/core.h) [site](https://example.org) [here](#top)\n",
}


class House(unittest.TestCase):
    def faults(self, changes):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**CLEAN, **changes}.items():
                place = os.path.join(root, path)
                os.makedirs(os.path.dirname(place) or root, exist_ok=True)
                with open(place, "w", encoding="utf-8") as stream:
                    stream.write(text)
            return list(house.check_tree(root))

    def found(self, changes, path, words):
        faults = self.faults(changes)
        self.assertEqual([p for p, _, _ in faults], [path], faults)
        self.assertIn(words, faults[0][2])

    def test_clean_tree_has_no_fault(self):
        self.assertEqual(self.faults({}), [])

    def test_a_row_of_the_rooms_that_is_not_so_is_found(self):
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../ARCHITECTURE.md"), encoding="utf-8") as stream:
            page = stream.read().split("\n")
        self.assertEqual(list(house.check_rooms("page", page)), [])
        for room, words, wrong, says in (("workers", "`proto/client`", "`proto`", "may include proto/client, which"),
                                         ("config", "`proto`", "`proto`, `core`", "says dispatcher/core, which it may not"),
                                         ("base", "nothing of ours", "`proto`", "says proto, which it may not")):
            changed = [line.replace("| " + words + " |", "| " + wrong + " |") if line.startswith("| [%s/]" % room) else line for line in page]
            self.assertIn(says, "\n".join(sentence for _, _, sentence in house.check_rooms("page", changed)))

    def test_a_file_of_the_stair_that_is_not_there_is_found(self):
        stair = "```\n    main\n    shell: shell\n    core: core   engine: engine  %s\n  proto: enums  codec  client\n```\nrule\n"
        self.assertEqual(self.faults({"ARCHITECTURE.md": stair % "engine"}), [])
        self.found({"ARCHITECTURE.md": stair % "loop"}, "ARCHITECTURE.md", "`loop` in dispatcher/engine: no such file")

    def test_a_file_that_is_named_and_not_there_is_found(self):
        for path, text in (("proto/codec.c", "/* codec.c - as in\n * proto/old.h and shape.h */\nint x = a.c;\n"), ("docs/a.md", "`codec.h`, `old.h`\n"),
                           ("proto/codec.c", "int a; /* old.h */ int b = j->c.h;\n"), ("proto/codec.c", "/* a\n b */ int c = d.h; /* old.h\n*/\n")):
            self.found({path: text}, path, "old.h` is not there")
        self.assertEqual(self.faults({"proto/codec.c": "/* shape.h,\n * j->c.h, x.c */\nint y = j.c; // <zmq.h>\n",
                                      "docs/decisions/1.md": "`old.h`\n"}), [])

    def test_a_name_in_two_folders_is_found(self):
        self.found({"dispatcher/store/codec.c": "int store_codec;\n"}, "proto/codec.h", "`codec` is in dispatcher/store too")
        self.found({"tests/core/number.h": header("number.h")}, "tests/core/number.h", "`number` is in base too")
        self.found({"script/a/plan.py": "", "tests/b/plan.py": ""}, "tests/b/plan.py", "`plan` is in script/a too")
        self.assertEqual(self.faults({"proto/codec.c": "int codec;\n", "script/codec.py": "", "script/a/__init__.py": "",
                                      "tests/b/__init__.py": ""}), [])

    def test_each_include_up_the_stair_is_found(self):
        for path, include in (
                ("base/civil.c", "proto/shape.h"),
                ("proto/codec.c", "config/district.h"),
                ("proto/codec.c", "dispatcher/core/core.h"),
                ("config/loader.c", "dispatcher/core/core.h"),
                ("dispatcher/core/judge.c", "proto/codec.h"),
                ("dispatcher/core/judge.c", "base/log.h"),
                ("dispatcher/core/judge.c", "config/loader.h"),
                ("dispatcher/core/judge.c", "dispatcher/engine/engine.h"),
                ("dispatcher/store/store.c", "dispatcher/engine/engine.h"),
                ("dispatcher/store/store.c", "config/loader.h"),
                ("dispatcher/engine/engine.c", "dispatcher/shell/shell.h"),
                ("dispatcher/engine/engine.c", "config/loader.h"),
                ("dispatcher/shell/loop.c", "config/loader.h"),
                ("dispatcher/shell/loop.c", "config/district.h"),
                ("dispatcher/admin/check.c", "dispatcher/shell/shell.h"),
                ("workers/notify.c", "config/district.h"),
                ("workers/notify.c", "dispatcher/core/core.h"),
                ("clients/case.c", "dispatcher/core/core.h"),
                ("clients/case.c", "dispatcher/engine/engine.h")):
            with self.subTest(path=path, include=include):
                self.found({path: '#include "%s"\n' % include}, path, "down the stair")

    def test_include_that_is_not_from_the_root_is_found(self):
        self.found({"config/loader.c": '#include "loader.h"\n'}, "config/loader.c", "path from the root")

    def test_core_with_clock_or_input_is_found(self):
        for name in ("time.h", "stdio.h", "stdlib.h", "unistd.h", "errno.h", "sys/random.h", "uv.h"):
            with self.subTest(name=name):
                faults = self.faults({"dispatcher/core/judge.c": "#include <%s>\n" % name})
                self.assertIn("the core may not include <%s>" % name, [sentence for _, _, sentence in faults])
        self.found({"dispatcher/core/judge.c": "#include <xxhash.h>\n"}, "dispatcher/core/judge.c", "XXH_INLINE_ALL")
        self.assertEqual(self.faults({"dispatcher/core/judge.c": "#define XXH_INLINE_ALL\n#include <xxhash.h>\n"}), [])

    def test_library_in_a_foreign_room_is_found(self):
        self.found({"dispatcher/engine/engine.c": "#include <zmq.h>\n"}, "dispatcher/engine/engine.c", "<zmq.h>")
        self.found({"config/loader.c": "#include <uv.h>\n"}, "config/loader.c", "<uv.h>")
        self.found({"dispatcher/engine/engine.c": "#include <lmdb.h>\n"}, "dispatcher/engine/engine.c", "<lmdb.h>")

    def test_file_outside_the_rooms_is_found(self):
        self.found({"extra/x.c": "int x;\n"}, "extra/x.c", "outside the rooms")

    def test_long_file_is_found_unless_it_has_a_reason(self):
        long = "int x;\n" * (house.FILE_LINES_MAX + 1)
        self.found({"config/long.c": long}, "config/long.c", "look for the second idea")
        self.assertEqual(self.faults({"config/long.c": long, "tests/house/long-files.txt": "config/long.c: one table\n"}), [])
        self.found({"config/long.c": long, "tests/house/long-files.txt": "config/long.c:\n"}, "tests/house/long-files.txt", "no reason")
        self.found({"tests/house/long-files.txt": "gone.c: was long\n"}, "tests/house/long-files.txt", "no such file")

    def test_long_function_is_found(self):
        body = "int f(void)\n{\n" + "    g();\n" * (house.FUNCTION_LINES_MAX + 1) + "}\n"
        self.found({"config/f.c": body}, "config/f.c", "function of")

    def test_header_without_its_opening_is_found(self):
        self.found({"config/x.h": "/*\n * shape.h - other\n */\n#ifndef HUYING_X_H\n#define HUYING_X_H\n#endif\n"}, "config/x.h", "opens with")
        self.found({"config/x.h": "/*\n * x.h - this\n */\n#pragma once\n"}, "config/x.h", "guard")

    def test_words_and_spaces_are_found(self):
        self.found({"config/x.c": "int x; \n"}, "config/x.c", "end of the line")
        self.found({"config/x.c": "/* %s: later */\n" % LATER}, "config/x.c", "belongs into an issue")
        template = "char t[] = \"/tmp/XXXX" + "XX\";\n"
        self.assertEqual(self.faults({"config/x.c": template}), [])

    def test_dead_link_is_found(self):
        self.found({"docs/a.md": "see [b](b.md)\n"}, "docs/a.md", "leads nowhere")
        self.assertEqual(self.faults({"docs/a.md": "see [core](../dispatcher/core/core.h#L3)\n"}), [])

    def test_link_that_names_a_word_which_is_not_there_is_found(self):
        tree = {"config/x.h": "/*\n * x.h - x\n */\n#ifndef HUYING_X\nint x_read(void);\n#endif\n"}
        self.found({**tree, "docs/a.md": "[`x_write`](../config/x.h)\n"}, "docs/a.md", "no word `x_write`")
        self.found({**tree, "docs/a.md": "[`x_rea`](../config/x.h)\n"}, "docs/a.md", "no word `x_rea`")
        self.assertEqual(self.faults({**tree, "docs/a.md": "[`x_read`](../config/x.h)\n"}), [])

    def test_package_without_a_word_is_found(self):
        setup = "packages=(\n    # tools\n    gcc meson\n)\n"
        tools = "test_packages=(clang)\n"
        self.found({"script/setup": setup + tools, "docs/dependencies.md": "`gcc` `meson`\n"}, "docs/dependencies.md", "package clang")
        self.found({"script/setup": setup, "docs/dependencies.md": "`gcc` compiles\n"}, "docs/dependencies.md", "package meson")
        self.assertEqual(self.faults({"script/setup": setup, "docs/dependencies.md": "`gcc` `meson`\n"}), [])

    def test_ignored_files_are_left_alone(self):
        with tempfile.TemporaryDirectory() as root:
            subprocess.run(["git", "init", "-q", root], check=True)
            for path, text in ((".gitignore", "/build/\n"), ("build/x.c", "int x; \n"), ("config/x.c", "int x; \n")):
                os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as stream:
                    stream.write(text)
            self.assertEqual([path for path, _, _ in house.check_tree(root)], ["config/x.c"])

    def test_program_ends_with_one_when_there_is_a_fault(self):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(os.path.join(root, "config"))
            program = [sys.executable, house.__file__, root]
            self.assertEqual(subprocess.run(program, capture_output=True).returncode, 0)
            with open(os.path.join(root, "config/x.c"), "w", encoding="utf-8") as stream:
                stream.write('#include "dispatcher/core/core.h"\n')
            self.assertEqual(subprocess.run(program, capture_output=True).returncode, 1)


if __name__ == "__main__":
    unittest.main()
