"""Small ONNX graphs for tests."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper


def a_graph(
    path: Path,
    *,
    shape: tuple[Any, ...] = ("n", 3, "h", "w"),
    outputs: tuple[str, ...] = ("boxes", "scores", "labels"),
    kind: int = TensorProto.FLOAT,
    **said: Any,
) -> Path:
    """Write a graph that always sees the same two boxes, or what is `said`, in any picture."""
    values = {
        "boxes": np.array([[10, 20, 110, 220], [0, 0, 50, 50]], np.float32),
        "scores": np.array([0.9, 0.4], np.float32),
        "labels": np.array([0, 1], np.int64),
    }
    values |= {key: np.array(value, values[key].dtype) for key, value in said.items()}
    nodes, infos = [], []
    for name, (key, value) in zip(outputs, values.items(), strict=False):
        tensor = onnx.numpy_helper.from_array(value, name=f"{key}_value")
        nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        dtype = TensorProto.INT64 if key == "labels" else TensorProto.FLOAT
        infos.append(helper.make_tensor_value_info(name, dtype, value.shape))
    picture = helper.make_tensor_value_info("picture", kind, shape)
    graph = helper.make_graph(nodes, "two boxes", [picture], infos)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


def a_loop(path: Path, *, rounds: int) -> Path:
    """Write a graph that sees somebody anywhere, and goes round and round over a white picture."""
    one = [helper.make_tensor_value_info("score", TensorProto.FLOAT, [1])]
    on = helper.make_tensor_value_info("on", TensorProto.BOOL, [])
    body = helper.make_graph(
        [helper.make_node("Identity", ["on"], ["goes_on"]),
         helper.make_node("Identity", ["score"], ["same"])],
        "a round",
        [helper.make_tensor_value_info("round", TensorProto.INT64, []), on, *one],
        [helper.make_tensor_value_info("goes_on", TensorProto.BOOL, []),
         helper.make_tensor_value_info("same", TensorProto.FLOAT, [1])],
    )  # fmt: skip
    known = {
        "almost": np.array(254, np.float32),
        "rounds": np.array(rounds, np.int64),
        "sure": np.array([0.9], np.float32),
        "boxes": np.array([[10, 20, 110, 220]], np.float32),
        "labels": np.array([0], np.int64),
    }
    nodes = [
        helper.make_node(
            "Constant", [], [name], value=onnx.numpy_helper.from_array(np.array(value))
        )
        for name, value in known.items()
    ]
    nodes += [
        helper.make_node("ReduceMax", ["picture"], ["brightest"], keepdims=0),
        helper.make_node("Greater", ["brightest", "almost"], ["white"]),
        helper.make_node("Loop", ["rounds", "white", "sure"], ["scores"], body=body),
    ]
    outputs = [
        helper.make_tensor_value_info("boxes", TensorProto.FLOAT, [1, 4]),
        helper.make_tensor_value_info("scores", TensorProto.FLOAT, [1]),
        helper.make_tensor_value_info("labels", TensorProto.INT64, [1]),
    ]
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, ("n", 3, "h", "w"))
    graph = helper.make_graph(nodes, "goes round", [picture], outputs)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path
