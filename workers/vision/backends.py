"""What runs a network: torch, ONNX Runtime or OpenVINO, each on one thread of a processor.

Workers are processes: one thread each wastes nothing on waiting for one another. Each library is
imported only where it is used: torch alone costs a second and a half and 200 MB.
"""

import os
import sys
import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from workers.models import BACKENDS, ModelError

DEVICES = ("cpu", "cuda")
# The outputs of a network that chooses its boxes itself.
NAMED = ("boxes", "scores", "labels")


class Runner(Protocol):
    """A network that is ready to run.

    single: whether it takes one picture at a time only; fixed: whether only of one size.
    """

    backend: str
    device: str
    number_format: str
    single: bool
    fixed: bool

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        """Take float32 (N, 3, H, W), return the outputs; valid until this thread's next call."""
        ...


class TorchRunner:
    """A torch module on a processor or on CUDA."""

    backend = "torch"
    single = False
    fixed = False

    def __init__(self, net: Any, device: str, number_format: str | None = None) -> None:
        import torch

        if device == "cuda" and not torch.cuda.is_available():
            raise ModelError("torch finds no CUDA device here; set DAVY_DEVICE=cpu")
        torch.set_num_threads(1)
        self.torch = torch
        self.device = device
        # Half numbers halve the time where the processor multiplies them; AP50 the same to 0.1.
        half = "float16" if device == "cuda" else "bfloat16" if has_bfloat16() else "float32"
        self.number_format = number_format or half
        self.dtype = getattr(torch, self.number_format)
        self.net = net.to(device, self.dtype).to(memory_format=torch.channels_last)

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        """Run the module."""
        with self.torch.inference_mode():
            x = self.torch.from_numpy(batch).to(self.device, self.dtype)
            x = x.contiguous(memory_format=self.torch.channels_last)
            return [np.asarray(self.net(x).float().cpu())]


class OnnxRunner:
    """An ONNX graph in ONNX Runtime, on a processor."""

    backend = "onnxruntime"
    device = "cpu"
    number_format = "float32"

    def __init__(self, graph: bytes, limit_s: float | None = None) -> None:
        """limit_s: a run that takes longer is ended, and is a ModelError; None: it may last."""
        import onnxruntime

        self.limit_s = limit_s
        self.run_options = onnxruntime.RunOptions
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        try:
            self.session = onnxruntime.InferenceSession(
                graph, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its errors have no class in common
            raise ModelError(f"ONNX Runtime cannot load it: {_words(error)}") from None
        self.input = self.session.get_inputs()[0].name
        names = [item.name for item in self.session.get_outputs()]
        # A detector that chooses its boxes itself names them; any other has one output that counts.
        self.outputs = list(NAMED) if set(NAMED) <= set(names) else names[:1]
        count, _, *size = self.session.get_inputs()[0].shape
        self.single = isinstance(count, int)
        self.fixed = any(isinstance(side, int) for side in size)

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        """Run the graph."""
        try:
            return [np.asarray(out) for out in self._run({self.input: batch})]
        except Exception as error:
            raise ModelError(f"ONNX Runtime cannot run it: {_words(error)}") from None

    def _run(self, given: dict[str, np.ndarray]) -> list[Any]:
        if self.limit_s is None:
            return list(self.session.run(self.outputs, given))
        options = self.run_options()
        options.log_severity_level = 4
        # Heard between two steps of a graph, and between two rounds of a loop.
        end = threading.Timer(self.limit_s, setattr, (options, "terminate", True))
        end.daemon = True
        end.start()
        try:
            return list(self.session.run(self.outputs, given, options))
        except Exception:
            if options.terminate:
                raise ModelError(f"it took more than {self.limit_s:g} s") from None
            raise
        finally:
            end.cancel()


class OpenVinoRunner:
    """An ONNX graph in OpenVINO, on a processor."""

    backend = "openvino"
    device = "cpu"

    def __init__(self, graph: bytes, number_format: str | None = None) -> None:
        import io

        # OpenVINO's tools report their use over the internet unless their reporter is missing;
        # nothing leaves a mine's server.
        sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
        import openvino

        core = openvino.Core()
        able = core.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        self.number_format = number_format or ("bfloat16" if "BF16" in able else "float32")
        short = {"bfloat16": "bf16", "float32": "f32"}[self.number_format]
        try:
            model = core.read_model(io.BytesIO(graph))
            self.compiled = core.compile_model(
                model,
                "CPU",
                {
                    "INFERENCE_NUM_THREADS": 1,
                    "NUM_STREAMS": 1,
                    "INFERENCE_PRECISION_HINT": short,
                    # Pinned, all worker processes would sit on the same core.
                    "ENABLE_CPU_PINNING": False,
                },
            )
        except Exception as error:
            raise ModelError(f"OpenVINO cannot load it: {_words(error)}") from None
        count, _, *size = self.compiled.input(0).get_partial_shape()
        self.single = count.is_static
        self.fixed = any(side.is_static for side in size)
        self.requests = threading.local()

    def run(self, batch: np.ndarray) -> list[np.ndarray]:
        """Run the graph, each thread in a request of its own."""
        request = getattr(self.requests, "one", None)
        if request is None:
            request = self.requests.one = self.compiled.create_infer_request()
        try:
            found = request.infer({0: batch}, share_inputs=True, share_outputs=True)
        except Exception as error:
            raise ModelError(f"OpenVINO cannot run it: {_words(error)}") from None
        return [found[i] for i in range(len(self.compiled.outputs))]


def choose(backend: str, device: str, able: tuple[str, ...]) -> tuple[str, str]:
    """Return which backend runs a network that `able` could run, and on which device.

    "auto" or "" lets what is there decide: torch on CUDA, else the fastest on a processor. In
    process CPU on one thread at 416x256: OpenVINO bfloat16 6 ms, torch bfloat16 9, ONNX Runtime 12.
    """
    if backend not in ("", "auto", *BACKENDS):
        known = ", ".join(("auto", *BACKENDS))
        raise ModelError(f'DAVY_DETECTOR_BACKEND: expected one of {known}, found "{backend}"')
    if device not in ("", *DEVICES):
        raise ModelError(f'DAVY_DEVICE: expected {" or ".join(DEVICES)}, found "{device}"')
    chosen = "" if backend == "auto" else backend
    if chosen and chosen not in able:
        raise ModelError(f"{chosen} cannot run these weights; {', '.join(able)} can")
    if chosen and not is_installed(chosen):
        raise ModelError(f"{chosen} is not installed; DAVY_DETECTOR_BACKEND=auto takes what is")
    if device == "cuda" and (chosen or "torch") != "torch":
        raise ModelError(f"{chosen} runs on a processor only; torch is the one for CUDA")
    if "torch" in able and chosen in ("", "torch") and device != "cpu" and (device or has_cuda()):
        return "torch", "cuda"
    if device == "cuda":
        raise ModelError(f"these weights run on a processor only, by {', '.join(able)}")
    for name in (chosen,) if chosen else BACKENDS:
        if name in able and is_installed(name):
            return name, "cpu"
    raise ModelError(f"none of {', '.join(able)} is installed")


@cache
def is_installed(backend: str) -> bool:
    """Tell whether a backend's library is there."""
    return find_spec(backend) is not None


@cache
def has_cuda() -> bool:
    """Tell whether torch can use an NVIDIA device; torch is asked only where there may be one."""
    if not any(Path(p).exists() for p in ("/dev/nvidiactl", "/dev/dxg")) or os.name != "posix":
        return False
    import torch

    return torch.cuda.is_available()


@cache
def has_bfloat16() -> bool:
    """Tell whether this processor computes in bfloat16 itself."""
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
