"""smallroot.py - a folder that a package can be installed into: what Debian calls essential, what the package depends on, nothing else.

Made from the packages of this machine, without network: their files are copied and their entries taken over into a dpkg database of
the folder's own, so that dpkg itself judges the dependencies, and a program that needs a library which the package does not name
fails to start. No systemd, no /proc.
"""

import os
import re
import shutil
import stat
import subprocess
import tempfile

INFO = "var/lib/dpkg/info"
LEFT_OUT = ("/usr/share/doc/", "/usr/share/man/", "/usr/share/locale/", "/usr/share/info/", "/usr/share/lintian/")
DEVICES = {"null": (1, 3), "zero": (1, 5), "random": (1, 8), "urandom": (1, 9)}


def missing_right():
    """Why no such folder can be used here; None: it can."""
    if os.geteuid() != 0:
        return "only root may use chroot"
    probe = os.path.join(tempfile.gettempdir(), f"huying-mknod-{os.getpid()}")
    try:
        os.mknod(probe, 0o600 | stat.S_IFCHR, os.makedev(*DEVICES["null"]))
        with open(probe, "wb"):
            pass
    except OSError as error:
        return f"no devices may be made here: {error.strerror}"
    finally:
        if os.path.lexists(probe):
            os.unlink(probe)
    done = subprocess.run(["chroot", "/", "true"], capture_output=True)
    return None if done.returncode == 0 else "chroot is not allowed: " + done.stderr.decode().strip()


def installed():
    """The machine's own dpkg entries by package name, and who provides what."""
    entries, provided = {}, {}
    with open("/var/lib/dpkg/status", encoding="utf-8") as stream:
        for text in stream.read().split("\n\n"):
            fields = dict(re.findall(r"^([A-Za-z-]+):[ \t]*(.*)$", text, re.M))
            if fields.get("Status", "").endswith(" installed"):
                entries[fields["Package"]] = (text.strip() + "\n", fields)
                for name in names(fields.get("Provides", "")):
                    provided.setdefault(name[0], fields["Package"])
    return entries, provided


def names(relation):
    """Each group of alternatives of a dependency field, without versions and architectures."""
    return [[re.split(r"[\s(:]", one.strip())[0] for one in group.split("|")] for group in relation.split(",") if group.strip()]


def closure(wanted, entries, provided):
    """Packages that `wanted` need, themselves included."""
    found, left = set(), list(wanted)
    while left:
        name = left.pop()
        if name in found:
            continue
        found.add(name)
        fields = entries[name][1]
        for group in names(fields.get("Depends", "")) + names(fields.get("Pre-Depends", "")):
            for one in group:
                real = one if one in entries else provided.get(one)
                if real:
                    left.append(real)
                    break
    return found


def copy_files(root, package):
    for path in subprocess.run(["dpkg-query", "-L", package], capture_output=True, text=True, check=True).stdout.splitlines():
        if path.startswith(LEFT_OUT) or not os.path.lexists(path):
            continue
        # /bin may be a link to usr/bin: a file goes where the machine has it.
        target = root + os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        if os.path.lexists(target):
            continue
        if os.path.islink(path):
            os.makedirs(os.path.dirname(target), exist_ok=True)
            os.symlink(os.readlink(path), target)
        elif os.path.isdir(path):
            os.makedirs(target, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copy2(path, target)


def make(root, depends):
    """Fills the folder for a package with this Depends field."""
    entries, provided = installed()
    wanted = [name for name, (_, fields) in entries.items() if fields.get("Essential") == "yes"]
    wanted += [one for group in names(depends) for one in group if one in entries]
    packages = sorted(closure(wanted, entries, provided))
    for folder in ("bin", "sbin", "lib", "lib64", "lib32", "libx32"):
        if os.path.islink("/" + folder):
            os.makedirs(os.path.join(root, "usr", folder), exist_ok=True)
            os.symlink(os.readlink("/" + folder), os.path.join(root, folder))
    for folder in ("var/lib/dpkg/updates", "var/lib/dpkg/triggers", "var/lib/dpkg/parts", INFO, "dev", "run", "proc", "root", "var/log"):
        os.makedirs(os.path.join(root, folder), exist_ok=True)
    for folder in ("tmp", "var/tmp"):
        os.makedirs(os.path.join(root, folder), exist_ok=True)
        os.chmod(os.path.join(root, folder), 0o1777)
    with open(os.path.join(root, "var/lib/dpkg/status"), "w", encoding="utf-8") as stream:
        stream.write("\n".join(entries[name][0] for name in packages))
    for name in packages:
        copy_files(root, name)
        for base in (name, f"{name}:{entries[name][1]['Architecture']}"):
            for kind in ("list", "md5sums"):
                if os.path.exists(f"/{INFO}/{base}.{kind}"):
                    shutil.copy2(f"/{INFO}/{base}.{kind}", os.path.join(root, INFO))
    shutil.copytree("/etc/alternatives", os.path.join(root, "etc/alternatives"), symlinks=True, dirs_exist_ok=True)
    with open("/etc/passwd", encoding="utf-8") as users, open(os.path.join(root, "etc/passwd"), "w", encoding="utf-8") as own:
        own.writelines(line for line in users if line.startswith(("root:", "nobody:")))
    with open("/etc/group", encoding="utf-8") as groups, open(os.path.join(root, "etc/group"), "w", encoding="utf-8") as own:
        own.writelines(line for line in groups if line.startswith(("root:", "nogroup:")))
    for name, (major, minor) in DEVICES.items():
        path = os.path.join(root, "dev", name)
        os.mknod(path, stat.S_IFCHR, os.makedev(major, minor))
        os.chmod(path, 0o666)
    subprocess.run(["ldconfig", "-r", root], check=True)
    return packages
