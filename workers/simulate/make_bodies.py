"""Make the small body files in `bodies/` from Anny's CC0 data (a development-time step, run once).

Needs `anny` and torch (`requirements-render.txt`); nothing else in the project does. The rig is
MakeHuman's "mixamo" skeleton with the fingers folded into the hands.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

BODIES: dict[str, dict[str, float]] = {
    # Anny's `height` is not centred: these give men of about 1.72, 1.80 and 1.67 m.
    "lean": {"gender": 0.0, "age": 0.62, "muscle": 0.6, "weight": 0.42, "height": 0.40},
    "tall": {"gender": 0.0, "age": 0.58, "muscle": 0.7, "weight": 0.50, "height": 0.47},
    "stout": {"gender": 0.0, "age": 0.70, "muscle": 0.6, "weight": 0.72, "height": 0.36},
}
PARTS = 4  # skin weights kept for each vertex


def keep_bone(label: str) -> bool:
    """Say whether a bone stays; a removed bone's weights go to the nearest kept ancestor."""
    fingers = ("Index", "Middle", "Pinky", "Ring", "Thumb")
    return not any(finger in label for finger in fingers)


def main() -> None:
    """Write one npz a body: vertices, faces, four weights a vertex, bone heads and parents."""
    import torch
    from anny import Anny

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "bodies")
    parser.add_argument("--topology", default="notoes")
    args = parser.parse_args()
    model = Anny(rig="mixamo", topology=args.topology, local_changes="none", facial_actions="none")
    labels = [label.split(":")[-1] for label in model.bone_labels]
    parents = [int(p) for p in model.bone_parents]
    kept = [i for i, label in enumerate(labels) if keep_bone(label)]
    target = {}
    for i in range(len(labels)):
        j = i
        while j not in kept:
            j = parents[j]
        target[i] = kept.index(j)
    for name, phenotype in BODIES.items():
        values = {k: torch.tensor([phenotype.get(k, 0.5)]) for k in model.phenotype_labels}
        out = model(phenotype_kwargs=values)
        vertices = out["rest_vertices"][0].numpy()
        heads = out["rest_bone_heads"][0].numpy()[kept]
        floor = vertices[:, 2].min()
        vertices, heads = vertices - [0, 0, floor], heads - [0, 0, floor]
        faces = model.get_triangular_faces().numpy()
        indices, weights = model.vertex_bone_indices.numpy(), model.vertex_bone_weights.numpy()
        dense = np.zeros((len(vertices), len(kept)))
        for column in range(indices.shape[1]):
            rows = np.array([target[int(b)] for b in indices[:, column]])
            np.add.at(dense, (np.arange(len(vertices)), rows), weights[:, column])
        order = np.argsort(-dense, axis=1)[:, :PARTS]
        top = np.take_along_axis(dense, order, axis=1)
        top /= top.sum(axis=1, keepdims=True)
        args.out.mkdir(parents=True, exist_ok=True)
        path = args.out / f"{name}.npz"
        np.savez_compressed(
            path,
            vertices=vertices.astype(np.float32),
            faces=faces.astype(np.uint16),
            bones=order.astype(np.uint8),
            weights=np.round(top * 255).astype(np.uint8),
            heads=heads.astype(np.float32),
            parents=np.array(
                [target[parents[i]] if parents[i] >= 0 else -1 for i in kept], dtype=np.int8
            ),
            labels=np.array([labels[i] for i in kept]),
        )
        print(name, vertices[:, 2].max(), len(vertices), len(faces), path.stat().st_size)


if __name__ == "__main__":
    main()
