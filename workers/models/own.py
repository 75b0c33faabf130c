"""A network that a mine brings: looked at in a process of its own before anything trusts it.

`examine()` starts that process with a limit on its memory and time: whatever the file does, the
caller gets an Examined or a ModelError in words.
"""

import json
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any

import numpy as np

from workers.models import File, Model
from workers.models.contract import Contract, ModelError

MOST_BYTES = 200_000_000
# What unpacks to more than this is no network for one processor.
MOST_UNPACKED = 1_000_000_000
MOST_MS = 500.0
LIMIT_S = 60
LIMIT_BYTES = 8_000_000_000
PERSON = "person"


@dataclass(frozen=True)
class Examined:
    """What a file turned out to be: its kind as kept, and what one frame costs in process CPU."""

    kind: str
    cpu_ms: float


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def entry_of(path: Path, kind: str, contract: Contract, sha256: str) -> Model:
    """Return a file as an entry, its folder <base>/own-<SHA-256>."""
    return Model(
        name="own",
        version=sha256,
        what="a mine's own network",
        kind=kind,
        package="own",
        source="a mine",
        licence="the mine's",
        contract=contract,
        files=(File(path.name, path.name, sha256),),
        licences=(),
        backends=("onnxruntime",) if kind == "onnx" else ("openvino", "onnxruntime", "torch"),
        light=False,
        score=0.35,
        card="",
    )


def examine(path: Path, contract: Contract, out: Path) -> Examined:
    """Check an uploaded file against its contract, and write what is to be kept to `out`.

    An ONNX file is kept as it is; a torch state becomes safetensors, so that nobody unpickles it
    again. ModelError says what was expected and found.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise ModelError(f"the file: expected at most {MOST_BYTES // 1_000_000} MB, found {size}")
    if PERSON not in contract.labels:
        raise ModelError(f'labels: expected "{PERSON}" among them, found {list(contract.labels)}')
    order = {
        "path": str(path),
        "out": str(out),
        "contract": contract.dump(),
        "bytes": LIMIT_BYTES,
        "seconds": LIMIT_S,
    }
    try:
        done = subprocess.run(
            [sys.executable, "-m", "workers.models.own"],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=2 * LIMIT_S,
            cwd=Path(__file__).resolve().parents[2],
        )
    except subprocess.TimeoutExpired:
        raise ModelError(f"looking at the file took more than {2 * LIMIT_S} s") from None
    try:
        answer = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise ModelError(
            f"the file ended the process that looked at it (exit {done.returncode}): "
            "it needs too much memory or time, or is broken"
        ) from None
    if "error" in answer:
        raise ModelError(answer["error"])
    return Examined(**answer)


def main() -> int:
    """Read the order from standard input, write the answer to standard output."""
    order = json.load(sys.stdin)
    # Set here and not between fork and exec, where threads of the caller could leave locks held.
    resource.setrlimit(resource.RLIMIT_AS, (order["bytes"],) * 2)
    resource.setrlimit(resource.RLIMIT_CPU, (order["seconds"],) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        contract = Contract.read(order["contract"])
        found = look(Path(order["path"]), contract, Path(order["out"]))
        answer: dict[str, Any] = asdict(found)
    except ModelError as error:
        answer = {"error": str(error)}
    except MemoryError:
        answer = {"error": "the file needs more memory than a network may"}
    except Exception as error:  # a file may break its reader in any way
        words = " ".join(str(error).split())[:200]
        answer = {"error": f"the file cannot be read ({type(error).__name__}: {words})"}
    print(json.dumps(answer))
    return 0


def look(path: Path, contract: Contract, out: Path) -> Examined:
    """Do examine()'s work in this very process: only for files that are trusted not to harm it."""
    head = path.open("rb").read(16)
    if not head:
        raise ModelError("the file is empty")
    if head[:2] == b"PK" or head[:1] == b"\x80":
        kind = _keep_torch(path, contract, out)
    elif head[8:9] == b"{":
        kind = _keep_safetensors(path, contract, out)
    else:
        kind = _keep_onnx(path, contract, out)
    from workers.vision.load import probe, wrap

    folder = out.parent / f"own-{sha256_of(out)}"
    folder.mkdir()
    kept = folder / out.name
    kept.hardlink_to(out)
    entry = entry_of(kept, kind, contract, folder.name.removeprefix("own-"))
    detector = wrap(entry, folder=out.parent, device="cpu", backend="onnxruntime")
    probe(detector)
    frame = np.full((360, 640, 3), 90, np.uint8)
    began = time.process_time()
    for _ in range(3):
        detector.detect([frame])
    cpu_ms = (time.process_time() - began) / 3 * 1e3
    if cpu_ms > MOST_MS:
        raise ModelError(f"a frame costs {cpu_ms:.0f} ms of a processor; at most {MOST_MS:.0f}")
    return Examined(kind, round(cpu_ms, 1))


def _keep_torch(path: Path, contract: Contract, out: Path) -> str:
    import torch
    from safetensors.torch import save_file

    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(item.file_size for item in archive.infolist())
        if unpacked > MOST_UNPACKED:
            raise ModelError(
                f"the file: expected at most {MOST_UNPACKED // 1_000_000} MB unpacked, "
                f"found {unpacked // 1_000_000}"
            )
    try:
        # Only arrays and plain values: code inside a pickle is refused, never run.
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        words = " ".join(str(error).split())[:160]
        raise ModelError(
            "expected a torch file of weights only (state_dict), found one that holds something "
            f"else or is broken: {words}"
        ) from None
    for key in ("state_dict", "model"):
        if isinstance(state, Mapping) and isinstance(state.get(key), Mapping):
            state = state[key]
    if not isinstance(state, Mapping):
        raise ModelError(f"expected a state_dict, found {type(state).__name__}")
    net = _filled(dict(state), contract)
    save_file({k: v.contiguous() for k, v in net.state_dict().items()}, out)
    return "safetensors"


def _keep_safetensors(path: Path, contract: Contract, out: Path) -> str:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        state = load_file(path)
    except SafetensorError as error:
        raise ModelError(f"not a safetensors file: {error}") from None
    _filled(state, contract)
    out.write_bytes(path.read_bytes())
    return "safetensors"


def _filled(state: dict[str, Any], contract: Contract) -> Any:
    from workers.vision import nanodet

    if contract.output != "nanodet":
        raise ModelError(
            f"output: weights without a graph are of NanoDet: expected nanodet, "
            f"found {contract.output}"
        )
    try:
        return nanodet.fill(state, len(contract.labels))
    except ValueError as error:
        raise ModelError(str(error)) from None


def _keep_onnx(path: Path, contract: Contract, out: Path) -> str:
    import onnx
    from google.protobuf.message import DecodeError

    content = path.read_bytes()
    try:
        graph = onnx.load_model_from_string(content).graph
    except DecodeError:
        graph = None
    if graph is None or not graph.node:
        raise ModelError(
            "expected an ONNX file, a safetensors file or a torch state, found none of them"
        )
    if any(item.data_location == onnx.TensorProto.EXTERNAL for item in graph.initializer):
        raise ModelError("expected one file with its weights inside, found weights kept outside")
    weights = {item.name for item in graph.initializer}
    inputs = [item for item in graph.input if item.name not in weights]
    if len(inputs) != 1:
        raise ModelError(f"expected one input, found {len(inputs)}")
    kind = inputs[0].type.tensor_type
    shape = [d.dim_value if d.HasField("dim_value") else None for d in kind.shape.dim]
    fits = len(shape) == 4 and shape[1] in (3, None)
    if kind.elem_type != onnx.TensorProto.FLOAT or not fits:
        found = onnx.TensorProto.DataType.Name(kind.elem_type).lower()
        raise ModelError(f"input: expected float (N, 3, H, W), found {found} {_shape(shape)}")
    fixed = [side for side in shape[2:] if side is not None]
    if fixed and (not contract.square or set(fixed) != {contract.input_px}):
        raise ModelError(
            f"input: its sides are fixed, {_shape(shape)}: expected a square of input_px "
            f"{contract.input_px}, with `square` true"
        )
    names = [item.name for item in graph.output]
    if contract.output == "boxes" and not {"boxes", "scores", "labels"} <= set(names):
        raise ModelError(f"expected the outputs boxes, scores and labels, found {', '.join(names)}")
    out.write_bytes(content)
    return "onnx"


def _shape(shape: list[int | None]) -> str:
    return "(" + ", ".join("any" if side is None else str(side) for side in shape) + ")"


if __name__ == "__main__":
    sys.exit(main())
