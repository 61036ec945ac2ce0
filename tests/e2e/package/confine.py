"""confine.py - what a unit's seccomp settings allow, put on a process, as systemd would.

The sets (@system-service ...) are asked of systemd-analyze, the filter is made by libseccomp, which systemd uses too. Only what a
unit of ours says is understood: SystemCallFilter= with sets, RestrictAddressFamilies= with a list of those allowed.
"""

import ctypes
import errno
import shutil
import socket
import subprocess

ALLOW = 0x7FFF0000
CMP_EQ = 4


def errno_action(number):
    return 0x00050000 | number


class Compare(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_uint), ("how", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def library():
    """libseccomp, or None."""
    try:
        seccomp = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    except OSError:
        return None
    seccomp.seccomp_init.restype = ctypes.c_void_p
    return seccomp


def missing():
    """Why a unit's filter cannot be made here; None: it can."""
    if not shutil.which("systemd-analyze"):
        return "systemd-analyze is missing"
    return None if library() else "libseccomp is missing"


def members(name):
    """System calls of a set, sets in it included."""
    if not name.startswith("@"):
        return {name}
    out = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager", name], capture_output=True, text=True, check=True).stdout
    found = set()
    for line in out.splitlines():
        word = line.strip()
        if line.startswith(" ") and word and not word.startswith("#"):
            found |= members(word)
    return found


class Confinement:
    def __init__(self, settings):
        """`settings`: pairs of a [Service] section."""
        self.calls = set()
        self.families = []
        for key, value in settings:
            if key == "SystemCallFilter":
                inverted = value.startswith("~")
                for name in value.lstrip("~").split():
                    self.calls = self.calls - members(name) if inverted else self.calls | members(name)
            elif key == "RestrictAddressFamilies":
                self.families = [getattr(socket, name) for name in value.split()]
        # What every filter of systemd allows.
        self.calls |= members("@default") | {"execve"}
        self.seccomp = library()

    def enter(self):
        """Confines the calling process, for ever. After a fork, before exec."""
        seccomp = self.seccomp
        # A call that libseccomp does not know is not in the filter, and so not allowed.
        context = ctypes.c_void_p(seccomp.seccomp_init(ctypes.c_uint32(errno_action(errno.EPERM))))
        for name in self.calls - {"socket"}:
            number = seccomp.seccomp_syscall_resolve_name(name.encode())
            if number >= 0:
                seccomp.seccomp_rule_add_array(context, ctypes.c_uint32(ALLOW), number, 0, None)
        number = seccomp.seccomp_syscall_resolve_name(b"socket")
        for family in self.families:
            compare = Compare(0, CMP_EQ, family, 0)
            if seccomp.seccomp_rule_add_array(context, ctypes.c_uint32(ALLOW), number, 1, ctypes.byref(compare)) != 0:
                raise OSError("the filter was not made")
        if seccomp.seccomp_load(context) != 0:
            raise OSError("the filter was not taken")
