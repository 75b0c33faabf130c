"""A real Ceph radosgw on this machine, for drills: one monitor, one OSD in memory, one gateway.

Debian's packages `radosgw ceph-mon ceph-osd`. Nothing survives its end: it is no store for a mine.
"""

from __future__ import annotations

import secrets
import shutil
import subprocess
import uuid
from pathlib import Path

from infra.command import Command, Process, wait_until
from infra.embedded.s3 import _answers
from infra.embedded.service import ServiceError
from infra.state import free_port, state_folder

__all__ = ["Radosgw", "why_not"]

PROGRAMS = ("ceph-mon", "ceph-osd", "radosgw", "radosgw-admin", "ceph-authtool", "monmaptool")
_CONF = """[global]
fsid = {fsid}
mon host = [v2:127.0.0.1:{mon},v1:127.0.0.1:{mon_v1}]
public network = 127.0.0.0/8
cluster network = 127.0.0.0/8
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = {folder}/keyring
run dir = {folder}/run
admin socket =
log file = /dev/null
log to stderr = true
err to stderr = true
ms bind ipv6 = false
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd objectstore = memstore
memstore device bytes = 2147483648
mon allow pool size one = true
mon warn on pool no redundancy = false
mon max pg per osd = 2000
mon data avail crit = 1
mon data avail warn = 2
[mon.a]
mon data = {folder}/mon
[osd.0]
osd data = {folder}/osd
[client.rgw.a]
rgw frontends = beast endpoint=127.0.0.1:{port}
# A day of a lifecycle rule lasts so many seconds, and it is looked at as often.
rgw lc debug interval = 5
"""


def why_not() -> str:
    """Say why none can run here; nothing when it can."""
    missing = [name for name in PROGRAMS if not shutil.which(name)]
    return f"not installed: {', '.join(missing)} (apt install radosgw ceph-mon ceph-osd)" * bool(
        missing
    )


class Radosgw:
    """Starts it in an empty folder, from the main thread; `env` reaches it, `stop` ends it."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        self.folder = state_folder(folder)
        for name in ("mon", "osd", "run"):
            (folder / name).mkdir()
        self._processes: list[Process] = []
        port = free_port(folder, "rgw")
        self.url = f"http://127.0.0.1:{port}"
        self.env = {
            "S3_ENDPOINT_URL": self.url,
            "S3_ACCESS_KEY_ID": "DAVY" + secrets.token_hex(8).upper(),
            "S3_SECRET_ACCESS_KEY": secrets.token_hex(16),
            "S3_REGION": "us-east-1",
        }
        self.mon = free_port(folder, "mon")
        self.fsid = str(uuid.uuid4())
        text = _CONF.format(
            fsid=self.fsid, folder=folder, port=port, mon=self.mon,
            mon_v1=free_port(folder, "mon_v1"),
        )  # fmt: skip
        (folder / "ceph.conf").write_text(text)
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        keyring, folder = self.folder / "keyring", self.folder
        caps = {
            "mon.": ("mon", "allow *"),
            "client.admin": ("mon", "allow *", "osd", "allow *"),
            "osd.0": ("mon", "allow profile osd", "osd", "allow *"),
            "client.rgw.a": ("mon", "allow rw", "osd", "allow rwx"),
        }
        for number, (name, rights) in enumerate(caps.items()):
            words = [] if number else ["--create-keyring"]
            for who, what in zip(rights[::2], rights[1::2], strict=True):
                words += ["--cap", who, what]
            self._do("ceph-authtool", keyring, "--gen-key", "-n", name, *words)
        v1 = self.folder.joinpath("ceph.conf").read_text().partition("v1:")[2].partition("]")[0]
        where = f"[v2:127.0.0.1:{self.mon},v1:{v1}]"
        monmap = folder / "monmap"
        self._do("monmaptool", "--create", "--fsid", self.fsid, "--addv", "a", where, monmap)
        conf = ("-c", folder / "ceph.conf")
        self._do("ceph-mon", "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring, *conf)
        self._run("ceph-mon", "-f", "-i", "a", *conf)
        osd = str(uuid.uuid4())
        self._do("ceph", *conf, "-k", keyring, "osd", "new", osd)
        self._do("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", osd, *conf)
        self._run("ceph-osd", "-f", "-i", "0", *conf)
        self._run("radosgw", "-f", "-n", "client.rgw.a", *conf)
        if not wait_until(lambda: _answers(self.url), 120.0, step_s=0.3):
            raise ServiceError(f"radosgw did not answer:\n{self._processes[-1].tail()}")
        self._do(
            *("radosgw-admin", *conf, "-k", keyring, "-n", "client.rgw.a", "user", "create"),
            *("--uid", "davy", "--display-name", "Davy"),
            *("--access-key", self.env["S3_ACCESS_KEY_ID"]),
            *("--secret-key", self.env["S3_SECRET_ACCESS_KEY"]),
        )

    def _do(self, *words: object) -> None:
        done = subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=90)
        if done.returncode:
            raise ServiceError(f"{words[0]} failed: {done.stderr.strip()[-500:]}")

    def _run(self, name: str, *words: object) -> None:
        command = Command(name, (name, *(str(word) for word in words)))
        self._processes.append(Process(command, self.folder / "log" / f"{name}.log"))

    def stop(self) -> None:
        """End the gateway, the OSD and the monitor, and forget what they held."""
        for process in reversed(self._processes):
            process.stop(5.0)
        shutil.rmtree(self.folder, ignore_errors=True)
