"""Takes single pictures of drawn people in drawn places; a place is lit once for many pictures."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import moderngl
import numpy as np
from numpy.typing import NDArray

from workers.simulate.cast import Placed
from workers.simulate.geometry import Mesh, join
from workers.simulate.layouts import Layout
from workers.simulate.optics import look, perspective
from workers.simulate.poses import turn
from workers.simulate.render import BAKED, GLASS, LAYOUT, NAMES, _bytes, _source, shadow_matrix
from workers.simulate.scene import View

SHADOW_PX = 768
OVER = 1.5  # the still world is lit at this many times the picture's size
NEAR_M = 2.0  # what is nearer covers the lens
KEEP = 255  # code of what is no person in the picture of codes


@dataclass(frozen=True)
class Count:
    """Pixels of a person and its head: alone in the picture, and seen."""

    alone: int
    seen: int
    head_alone: int
    head_seen: int


def bounds(matrix: NDArray, points: NDArray) -> tuple[float, float, float, float]:
    """Bound points (N, 3) in a map's clip plane, with a rim; all of it if one lies behind."""
    clip = points @ matrix[:, :3].T + matrix[:, 3]
    if not len(points):
        return 2.0, 2.0, 2.0, 2.0
    if clip[:, 3].min() <= 0.05:
        return -1.0, -1.0, 1.0, 1.0
    at = clip[:, :2] / clip[:, 3:]
    low, high = at.min(axis=0) - 0.01, at.max(axis=0) + 0.01
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def view_matrix(view: View, roll: float, aspect: float) -> NDArray:
    """Make the matrix from metres to clip coordinates; the camera may roll, degrees: (4, 4)."""
    yaw, pitch = np.radians(view.yaw), np.radians(view.pitch)
    forward = np.array([np.sin(yaw) * np.cos(pitch), np.cos(yaw) * np.cos(pitch), np.sin(pitch)])
    fov_y = 2 * np.arctan(np.tan(np.radians(view.fov) / 2) / aspect)
    lean = np.eye(4)
    lean[:3, :3] = turn(2, float(np.radians(roll)))
    seen = look(np.array(view.at), forward, np.array([0.0, 0.0, 1.0]))
    return perspective(fov_y, aspect, 0.1, 80.0) @ lean @ seen


class Stage:
    """The graphics device with its programs; `light` a place, then `shoot` people in it."""

    def __init__(self, width: int, height: int) -> None:
        """Open the device, off screen."""
        self.size = (width, height)
        self.ctx = ctx = moderngl.create_standalone_context(backend="egl")
        vert, full = _source("mesh.vert"), _source("full.vert")
        surface = ("common.glsl", "surface.glsl")
        bake = _source(*surface, "shadow.glsl", "bake.frag")
        bake = bake.replace("#version 330", "#version 330\n#define STILL_SHADOWS 1", 1)
        self.p_bake = ctx.program(vert, bake)
        self.p_move = ctx.program(
            _source("common.glsl", "move.vert"), _source(*surface, "shadow.glsl", "move.frag")
        )
        self.p_back = ctx.program(full, _source("common.glsl", "shadow.glsl", "back.frag"))
        self.p_plain = ctx.program(vert, _source("plain.frag"))
        self.p_depth = ctx.program(full, _source("depth.frag"))
        big = (int(width * OVER), int(height * OVER))
        self.layers = [ctx.texture(big, 4, dtype="f4" if n == "where" else "f2") for n in BAKED]
        self.bake_fbo = ctx.framebuffer(self.layers, ctx.depth_renderbuffer(big))
        self.baked = {n: ctx.texture(self.size, 4, dtype="f4") for n in BAKED}
        for texture in self.baked.values():
            texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
        self.many = ctx.framebuffer(
            ctx.renderbuffer(self.size, 4, samples=4, dtype="f2"),
            ctx.depth_renderbuffer(self.size, samples=4),
        )
        self.one = ctx.framebuffer(ctx.texture(self.size, 4, dtype="f2"))
        self.ids = ctx.framebuffer(
            ctx.renderbuffer(self.size, 1, dtype="f1"), ctx.depth_renderbuffer(self.size)
        )
        self.shadow_fbos = []
        for index in range(2):
            depth = ctx.depth_texture((SHADOW_PX, SHADOW_PX))
            depth.compare_func = "<="
            self.shadow_fbos.append(ctx.framebuffer(depth_attachment=depth))
            depth.use(10 + index)
        corners = ctx.buffer(np.array([-1, -1, 3, -1, -1, 3], dtype=np.float32).tobytes())
        self.full = ctx.vertex_array(self.p_back, [(corners, "2f", "in_at")])
        self.full_depth = ctx.vertex_array(self.p_depth, [(corners, "2f", "in_at")])
        self.indices: dict[int, moderngl.Buffer] = {}
        self.still: dict[str, NDArray] = {}
        self.near = 0.0  # share of the still picture within NEAR_M
        self.codes = np.zeros((height, width), dtype=np.uint8)

    def _set(self, program: moderngl.Program, **values: object) -> None:
        for name, value in values.items():
            if name in program:
                if isinstance(value, bytes):
                    program[name].write(value)
                else:
                    program[name].value = value

    def _place(self, program: moderngl.Program) -> None:
        layout = self.layout
        pos, aim, col = (np.zeros((12, n), dtype=np.float32) for n in (4, 4, 3))
        for i, lamp in enumerate(layout.lamps):
            pos[i] = (*lamp.at, lamp.cone if lamp.aim else -1.0)
            if lamp.aim:
                way = np.array(lamp.aim) - np.array(lamp.at)
                aim[i, :3] = way / np.linalg.norm(way)
            col[i] = np.array(lamp.color) * lamp.power
        self._set(
            program,
            lamp_n=len(layout.lamps),
            lamp_pos=pos.tobytes(),
            lamp_aim=aim.tobytes(),
            lamp_col=col.tobytes(),
            eye=layout.view.at,
            dust=layout.dust,
            ambient=layout.ambient,
            slope=layout.room.slope,
            wet=layout.wet,
            arch_step=layout.arch_step,
            half_width=layout.room.width / 2 + 0.05,
            view_proj=_bytes(self.matrix),
            model=_bytes(np.eye(4)),
            shadow0=10,
            shadow1=11,
            shadow_mat0=_bytes(self.shadow_matrices[0]),
            shadow_mat1=_bytes(self.shadow_matrices[1]),
        )

    def light(self, layout: Layout) -> None:
        """Light the still place once, with the shadows of what stands in it."""
        ctx, (w, h) = self.ctx, self.size
        self.layout = layout
        self.matrix = view_matrix(layout.view, layout.roll, w / h)
        self.shadow_matrices = [shadow_matrix(lamp) for lamp in layout.lamps[:2]]
        mesh = layout.mesh
        vbo, ibo = (
            ctx.buffer(mesh.vertices().tobytes()),
            ctx.buffer(mesh.faces.astype(np.uint32).tobytes()),
        )
        plain = ctx.vertex_array(self.p_plain, [(vbo, LAYOUT, *NAMES)], ibo, skip_errors=True)
        lit = ctx.vertex_array(self.p_bake, [(vbo, LAYOUT, *NAMES)], ibo)
        ctx.enable(moderngl.DEPTH_TEST)
        ctx.disable(moderngl.CULL_FACE)
        for fbo, matrix in zip(self.shadow_fbos, self.shadow_matrices, strict=True):
            fbo.use()
            fbo.clear(depth=1.0)
            self._set(self.p_plain, view_proj=_bytes(matrix), model=_bytes(np.eye(4)))
            plain.render()
        self.bake_fbo.use()
        self.bake_fbo.clear(depth=1.0)
        self._place(self.p_bake)
        lit.render()
        bw, bh = self.bake_fbo.size
        for name, layer in zip(BAKED, self.layers, strict=True):
            dtype = np.float32 if name == "where" else np.float16
            data = np.frombuffer(layer.read(), dtype=dtype).reshape(bh, bw, 4).astype(np.float32)
            way = cv2.INTER_NEAREST if name in ("where", "bent") else cv2.INTER_AREA
            small = cv2.resize(data, (w, h), interpolation=way)
            if name in ("rest", "first", "second"):
                self.still[name] = small[::-1, :, :3].copy()
            if name == "where":
                far = np.linalg.norm(small[..., :3] - np.array(layout.view.at), axis=2)
                self.near = float((far < NEAR_M).mean())
            self.baked[name].write(np.ascontiguousarray(small, dtype=np.float32).tobytes())
        for item in (plain, lit, vbo, ibo):
            item.release()

    def without(self, flicker: tuple[float, float]) -> NDArray:
        """Give the place as it is without people: linear light (H, W, 3)."""
        still = self.still
        return np.asarray(
            still["rest"] + still["first"] * flicker[0] + still["second"] * flicker[1],
            dtype=np.float32,
        )

    def _buffer(self, who: Placed) -> moderngl.Buffer:
        key = id(who.actor)
        if key not in self.indices:
            self.indices[key] = self.ctx.buffer(who.actor.faces.tobytes())
        return self.indices[key]

    def shoot(
        self,
        people: list[Placed],
        extra: list[Mesh],
        flicker: tuple[float, float],
        blank: bool = False,
    ) -> tuple[NDArray, list[Count]]:
        """Take one picture: linear light (H, W, 3) float32 and each person's pixels.

        A `blank` one has no light, only the counts, and costs a fifth.
        """
        ctx = self.ctx
        props = [m for p in people for m in p.props] + extra
        buffers: list[moderngl.Buffer] = []
        lit: list[moderngl.VertexArray] = []
        plain: list[moderngl.VertexArray] = []
        for who in people:
            vbo = ctx.buffer(who.figure.vertices.tobytes())
            buffers.append(vbo)
            for program, arrays in ((self.p_move, lit), (self.p_plain, plain)):
                arrays.append(
                    ctx.vertex_array(
                        program, [(vbo, LAYOUT, *NAMES)], self._buffer(who), skip_errors=True
                    )
                )
        if props:
            mesh = join(props)
            vbo, ibo = (
                ctx.buffer(mesh.vertices().tobytes()),
                ctx.buffer(mesh.faces.astype(np.uint32).tobytes()),
            )
            buffers += [vbo, ibo]
            for program, arrays in ((self.p_move, lit), (self.p_plain, plain)):
                arrays.append(
                    ctx.vertex_array(program, [(vbo, LAYOUT, *NAMES)], ibo, skip_errors=True)
                )
        for slot, name in enumerate(BAKED):
            self.baked[name].use(slot)
        linear = np.zeros((self.size[1], self.size[0], 3), dtype=np.float32)
        ctx.enable(moderngl.DEPTH_TEST)
        ctx.disable(moderngl.CULL_FACE)
        if not blank:
            drawn = [w.figure.vertices[:, :3] for w in people] + [m.position for m in props]
            points = np.concatenate(drawn) if drawn else np.zeros((0, 3))
            linear = self._draw(people, points, lit, plain, flicker)
        counts = self._count(people, plain)
        for item in (*lit, *plain, *buffers):
            item.release()
        return linear, counts

    def _draw(
        self,
        people: list[Placed],
        points: NDArray,
        lit: list[moderngl.VertexArray],
        plain: list[moderngl.VertexArray],
        flicker: tuple[float, float],
    ) -> NDArray:
        """Draw shadows of the points, the still place, people and what else moves."""
        ctx = self.ctx
        for fbo, matrix in zip(self.shadow_fbos, self.shadow_matrices, strict=True):
            fbo.use()
            fbo.clear(depth=1.0)
            self._set(self.p_plain, view_proj=_bytes(matrix), model=_bytes(np.eye(4)))
            for array in plain:
                array.render()
        boxes = [bounds(matrix, points) for matrix in self.shadow_matrices]
        for program in (self.p_back, self.p_move):
            self._set(program, shadow_box0=boxes[0], shadow_box1=boxes[1])
        slots = self._lights(people, flicker)
        self.many.use()
        self.many.clear(depth=1.0)
        self.full.render()
        for index, array in enumerate(lit):
            if index < len(people):
                self._dress(people[index], slots.get(index, -1))
                ctx.enable(moderngl.CULL_FACE)
            else:
                self._set(self.p_move, own_cap=-1)
                ctx.disable(moderngl.CULL_FACE)
            array.render()
        ctx.disable(moderngl.CULL_FACE)
        ctx.copy_framebuffer(self.one, self.many)
        data = np.frombuffer(self.one.read(components=3, dtype="f2"), dtype=np.float16)
        return data.reshape(self.size[1], self.size[0], 3)[::-1].astype(np.float32)

    def _dress(self, who: Placed, slot: int) -> None:
        wear = who.look
        self._set(
            self.p_move,
            coverall=wear.coverall,
            trousers=wear.trousers,
            vest=wear.vest or wear.coverall,
            vested=int(wear.vest is not None),
            bands=wear.bands,
            skin=wear.skin,
            hair=wear.hair,
            boots=wear.boots,
            band_color=wear.band_color,
            dirt=wear.dirt,
            own_cap=slot,
            cap_glow=wear.lamp * GLASS,
        )

    def _lights(self, people: list[Placed], flicker: tuple[float, float]) -> dict[int, int]:
        pos, aim, col = (np.zeros((4, n), dtype=np.float32) for n in (4, 4, 3))
        on = [i for i, p in enumerate(people) if p.look.lamp > 0][:4]
        for slot, i in enumerate(on):
            figure = people[i].figure
            pos[slot] = (*figure.lamp_at, 0.90)
            aim[slot, :3] = figure.lamp_aim / np.linalg.norm(figure.lamp_aim)
            col[slot] = np.array([0.95, 0.97, 1.0]) * people[i].look.lamp
        feet = np.zeros((10, 4), dtype=np.float32)
        spots = [foot for p in people for foot in p.figure.feet][:10]
        for slot, spot in enumerate(spots):
            feet[slot] = (spot[0], spot[1], self.layout.room.slope * spot[1], 0.22)
        for program in (self.p_back, self.p_move):
            self._place(program)
            self._set(
                program,
                cap_n=len(on),
                cap_pos=pos.tobytes(),
                cap_aim=aim.tobytes(),
                cap_col=col.tobytes(),
                foot_n=len(spots),
                foot=feet.tobytes(),
                flicker=flicker,
            )
        for slot, name in enumerate(BAKED):
            self._set(self.p_back, **{f"t_{name}": slot})
        return {person: slot for slot, person in enumerate(on)}

    def _count(self, people: list[Placed], plain: list[moderngl.VertexArray]) -> list[Count]:
        """Count pixels in a picture of codes: 2i + 1 a body, 2i + 2 its head."""
        if not people:
            return []
        self._set(self.p_plain, view_proj=_bytes(self.matrix), model=_bytes(np.eye(4)))

        def draw(index: int) -> None:
            split = people[index].actor.split
            self._set(self.p_plain, code=(2 * index + 1) / 255)
            plain[index].render(vertices=split)
            self._set(self.p_plain, code=(2 * index + 2) / 255)
            plain[index].render(vertices=people[index].actor.faces.size - split, first=split)

        def counts() -> NDArray:
            data = np.frombuffer(self.ids.read(components=1, alignment=1), dtype=np.uint8)
            self.codes = data.reshape(self.size[::-1])[::-1]
            return np.bincount(data, minlength=256)

        self.ids.use()
        alone = []
        for index in range(len(people)):
            self.ids.clear(depth=1.0)
            draw(index)
            found = counts()
            alone.append(
                (int(found[2 * index + 1] + found[2 * index + 2]), int(found[2 * index + 2]))
            )
        self.ids.clear(depth=1.0)
        self._set(self.p_depth, t_where=BAKED.index("where"), view_proj=_bytes(self.matrix))
        self.full_depth.render()
        for index in range(len(people)):
            draw(index)
        self._set(self.p_plain, code=KEEP / 255)
        for array in plain[len(people) :]:
            array.render()
        seen = counts()
        return [
            Count(
                alone[i][0],
                int(seen[2 * i + 1] + seen[2 * i + 2]),
                alone[i][1],
                int(seen[2 * i + 2]),
            )
            for i in range(len(people))
        ]
