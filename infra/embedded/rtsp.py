"""The demo mine's cameras on this machine, see `rtsp_server` for the addresses."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

from infra.command import ROOT, Command
from infra.embedded.service import Part, Service, start_part
from infra.state import free_port, state_folder

__all__ = ["LOOPS", "prepare", "start"]

LOOPS = ROOT / "workers" / "simulate" / "loops"


def start(state_dir: Path, root: Path = LOOPS) -> Service:
    """Start the server; `url` + `/<name>/main` or `/<name>/sub` is one camera's stream."""
    state_dir = state_folder(state_dir)
    return start_part(prepare(state_dir, root), state_dir)


def prepare(state_dir: Path, root: Path = LOOPS) -> Part:
    """Say how to run the server on the folder of loops."""
    port = free_port(state_dir, "rtsp")
    url = f"rtsp://127.0.0.1:{port}"
    argv = (
        *(sys.executable, "-m", "infra.embedded.rtsp_server"),
        *("--root", str(root), "--port", str(port)),
    )
    return Part(
        command=Command("rtsp", argv),
        url=url,
        env={"DAVY_RTSP_URL": url},
        ready=lambda: _answers(port, url),
    )


def _answers(port: int, url: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1.0) as link:
            link.sendall(f"OPTIONS {url}/ RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
            return link.recv(100).startswith(b"RTSP/1.0 200")
    except OSError:
        return False
