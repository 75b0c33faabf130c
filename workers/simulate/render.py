"""Draws a loop's frames in linear light with moderngl, off screen, on a CPU if need be.

The camera stands still, so the still world is lit once; each frame adds shadows, cap lamps,
people and machines to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import moderngl
import numpy as np
from numpy.typing import NDArray

from workers.simulate.motion import Walk
from workers.simulate.optics import camera_matrix, look, perspective
from workers.simulate.people import Figure, body
from workers.simulate.scene import Lamp, Loop, Person
from workers.simulate.world import (
    drum_matrix,
    drum_turns,
    static_mesh,
    winch_drum,
    winch_frame,
)

SHADERS = Path(__file__).parent / "shaders"
LAYOUT, NAMES = "3f 3f 3f 1f", ("in_pos", "in_normal", "in_color", "in_kind")
SHADOW_PX = 1024
ID_SIZE = (480, 270)
GLASS = 12.0  # how bright a cap lamp's glass is beside the light that it throws
BAKED = ("rest", "first", "second", "albedo", "where", "bent")


@dataclass(frozen=True)
class Shown:
    """A person in a frame. `visible`: the part of its pixels that nothing hides, 0..1."""

    person: Person
    figure: Figure
    visible: float


def _source(*names: str) -> str:
    return "\n".join((SHADERS / name).read_text() for name in names)


def _bytes(matrix: NDArray) -> bytes:
    return np.ascontiguousarray(matrix.T, dtype=np.float32).tobytes()


def shadow_matrix(lamp: Lamp) -> NDArray:
    """Look from a lamp: along its aim, or straight down."""
    eye = np.array(lamp.at)
    if lamp.aim is None:
        view = look(eye, np.array([0.0, 0.0, -1.0]), np.array([0.0, 1.0, 0.0]))
        return perspective(np.radians(140), 1.0, 0.15, 30.0) @ view
    view = look(eye, np.array(lamp.aim) - eye, np.array([0.0, 0.0, 1.0]))
    angle = 2 * np.arccos(max(lamp.cone, 0.2)) * 1.05
    return perspective(min(float(angle), 2.6), 1.0, 0.3, 60.0) @ view


class Renderer:
    """Holds one loop on the graphics device."""

    def __init__(self, loop: Loop, width: int, height: int) -> None:
        """Build the world and light it once."""
        self.loop, self.width, self.height = loop, width, height
        self.ctx = moderngl.create_standalone_context(backend="egl")
        self.matrix = camera_matrix(loop.view, width / height)
        vert, full = _source("mesh.vert"), _source("full.vert")
        surface = ("common.glsl", "surface.glsl")
        program = self.ctx.program
        self.p_bake = program(vert, _source(*surface, "bake.frag"))
        moving = _source("common.glsl", "move.vert")
        self.p_move = program(moving, _source(*surface, "shadow.glsl", "move.frag"))
        self.p_back = program(full, _source("common.glsl", "shadow.glsl", "back.frag"))
        self.p_plain = program(vert, _source("plain.frag"))
        self.walks = [Walk(p) for p in loop.people]
        self.bodies = [body(p.body, p.helmet, p.seed) for p in loop.people]
        rise = loop.place.slope
        self.lamps = [
            replace(lamp, at=(lamp.at[0], lamp.at[1], lamp.at[2] + rise * lamp.at[1]))
            for lamp in loop.lamps
        ]
        self.shadow_matrices = [shadow_matrix(lamp) for lamp in self.lamps[:2]]
        self._shadow_maps()
        self._bake()
        self._targets()
        self._movers()

    def _set(self, program: moderngl.Program, **values: object) -> None:
        """Set uniforms; one that the compiler dropped is passed over."""
        for name, value in values.items():
            if name not in program:
                continue
            if isinstance(value, bytes):
                program[name].write(value)
            else:
                program[name].value = value

    def _place(self, program: moderngl.Program) -> None:
        """Set what stays for the whole loop."""
        loop = self.loop
        pos, aim, col = (np.zeros((12, n), dtype=np.float32) for n in (4, 4, 3))
        for i, lamp in enumerate(self.lamps):
            pos[i] = (*lamp.at, lamp.cone if lamp.aim else -1.0)
            if lamp.aim:
                way = np.array(lamp.aim) - np.array(lamp.at)
                aim[i, :3] = way / np.linalg.norm(way)
            col[i] = np.array(lamp.color) * lamp.power
        self._set(
            program,
            lamp_n=len(self.lamps),
            lamp_pos=pos.tobytes(),
            lamp_aim=aim.tobytes(),
            lamp_col=col.tobytes(),
            eye=loop.view.at,
            dust=loop.optics.dust,
            ambient=loop.optics.ambient,
            slope=loop.place.slope,
            wet=loop.place.wet,
            arch_step=loop.place.arch_step_m,
            view_proj=_bytes(self.matrix),
            model=_bytes(np.eye(4)),
            flicker=(1.0, 1.0),
            shadow0=10,
            shadow1=11,
            shadow_mat0=_bytes(self.shadow_matrices[0]),
            shadow_mat1=_bytes(self.shadow_matrices[1]),
        )

    def _shadow_maps(self) -> None:
        self.shadow_fbos = []
        for index in range(2):
            depth = self.ctx.depth_texture((SHADOW_PX, SHADOW_PX))
            depth.compare_func = "<="
            self.shadow_fbos.append(self.ctx.framebuffer(depth_attachment=depth))
            depth.use(10 + index)

    def _bake(self) -> None:
        """Light the still world at twice the size and average it down."""
        ctx, w, h = self.ctx, self.width, self.height
        mesh = static_mesh(self.loop)
        vbo = ctx.buffer(mesh.vertices().tobytes())
        ibo = ctx.buffer(mesh.faces.astype(np.uint32).tobytes())
        vao = ctx.vertex_array(self.p_bake, [(vbo, LAYOUT, *NAMES)], ibo)
        layers = [ctx.texture((2 * w, 2 * h), 4, dtype="f4") for _ in BAKED]
        fbo = ctx.framebuffer(layers, ctx.depth_renderbuffer((2 * w, 2 * h)))
        fbo.use()
        ctx.enable(moderngl.DEPTH_TEST)
        fbo.clear(depth=1.0)
        self._place(self.p_bake)
        vao.render()
        self.baked = {}
        for name, layer in zip(BAKED, layers, strict=True):
            data = np.frombuffer(layer.read(), dtype=np.float32).reshape(2 * h, 2 * w, 4)
            if name in ("where", "bent"):
                small = data[::2, ::2]
            else:
                small = data.reshape(h, 2, w, 2, 4).mean(axis=(1, 3))
            small = np.ascontiguousarray(small)
            texture = ctx.texture((w, h), 4, small.tobytes(), dtype="f4")
            texture.filter = (moderngl.NEAREST, moderngl.NEAREST)
            self.baked[name] = texture
        fbo.release()
        for item in (*layers, vao, vbo, ibo):
            item.release()

    def _targets(self) -> None:
        ctx, size = self.ctx, (self.width, self.height)
        self.many = ctx.framebuffer(
            ctx.renderbuffer(size, 4, samples=4, dtype="f2"),
            ctx.depth_renderbuffer(size, samples=4),
        )
        self.one = ctx.framebuffer(ctx.texture(size, 4, dtype="f2"))
        self.ids = ctx.framebuffer(
            ctx.renderbuffer(ID_SIZE, 1, dtype="f1"), ctx.depth_renderbuffer(ID_SIZE)
        )
        corners = np.array([-1, -1, 3, -1, -1, 3], dtype=np.float32)
        self.full = ctx.vertex_array(self.p_back, [(ctx.buffer(corners.tobytes()), "2f", "in_at")])

    def _movers(self) -> None:
        ctx = self.ctx
        self.person_vbo = [ctx.buffer(reserve=len(b.rest) * 40, dynamic=True) for b in self.bodies]
        self.person_ibo = [ctx.buffer(b.faces.astype(np.uint32).tobytes()) for b in self.bodies]
        self.machine: list[tuple[moderngl.Buffer, moderngl.Buffer]] = []
        if self.loop.winch:
            for mesh in (winch_frame(self.loop.winch), winch_drum(self.loop.winch)):
                self.machine.append(
                    (ctx.buffer(mesh.vertices().tobytes()), ctx.buffer(mesh.faces.tobytes()))
                )
        for mesh in (m for machine in self.loop.machines for m in machine.meshes()):
            self.machine.append(
                (ctx.buffer(mesh.vertices().tobytes()), ctx.buffer(mesh.faces.tobytes()))
            )
        pairs = list(zip(self.person_vbo, self.person_ibo, strict=True)) + self.machine

        def arrays(program: moderngl.Program) -> list[moderngl.VertexArray]:
            return [
                ctx.vertex_array(program, [(v, LAYOUT, *NAMES)], i, skip_errors=True)
                for v, i in pairs
            ]

        self.lit_vaos, self.plain_vaos = arrays(self.p_move), arrays(self.p_plain)

    def _draw(
        self, program: moderngl.Program, vaos: list[moderngl.VertexArray], t: float, who: list[int]
    ) -> None:
        """Draw the present people and the machines."""
        self._set(program, model=_bytes(np.eye(4)))
        # Bodies are closed, so their far sides need no shading; machines have open plates.
        self.ctx.enable(moderngl.CULL_FACE)
        for index in who:
            person = self.loop.people[index]
            self._set(
                program,
                code=(index + 1) / 255,
                coverall=person.coverall,
                vest=person.vest,
                own_cap=self.cap_of.get(index, -1),
                cap_glow=person.lamp * GLASS,
            )
            vaos[index].render()
        self.ctx.disable(moderngl.CULL_FACE)
        if self.loop.winch:
            count = len(self.loop.people)
            self._set(program, code=1.0, own_cap=-1)
            vaos[count].render()
            turns = drum_turns(self.loop.winch, t)
            matrix = drum_matrix(self.loop.winch, 2 * np.pi * turns)
            self._set(program, model=_bytes(matrix))
            vaos[count + 1].render()
        self._set(program, code=1.0, own_cap=-1)
        places = [place for machine in self.loop.machines for place in machine.matrices(t)]
        for vao, place in zip(vaos[len(vaos) - len(places) :], places, strict=True):
            self._set(program, model=_bytes(place))
            vao.render()

    def frame(self, t: float) -> tuple[NDArray, list[Shown]]:
        """Draw the frame at time t: linear light (H, W, 3) float32 and who is in it."""
        loop, ctx = self.loop, self.ctx
        who = [i for i, walk in enumerate(self.walks) if walk.present(t)]
        figures = {i: self.bodies[i].pose(self.walks[i].pose(t), loop.place.slope) for i in who}
        for i, figure in figures.items():
            self.person_vbo[i].write(figure.vertices.tobytes())
        lamps = [i for i in who if loop.people[i].lamp > 0][:4]
        self.cap_of = {person: slot for slot, person in enumerate(lamps)}
        ctx.enable(moderngl.DEPTH_TEST)
        for fbo, matrix in zip(self.shadow_fbos, self.shadow_matrices, strict=True):
            fbo.use()
            fbo.clear(depth=1.0)
            self._set(self.p_plain, view_proj=_bytes(matrix))
            self._draw(self.p_plain, self.plain_vaos, t, who)
        self._lights(figures, lamps)
        self.many.use()
        self.many.clear(depth=1.0)
        for slot, name in enumerate(BAKED):
            self.baked[name].use(slot)
        self.full.render()
        self._draw(self.p_move, self.lit_vaos, t, who)
        ctx.copy_framebuffer(self.one, self.many)
        data = np.frombuffer(self.one.read(components=3, dtype="f2"), dtype=np.float16)
        linear = data.reshape(self.height, self.width, 3)[::-1].astype(np.float32)
        visible = self._visible(t, who)
        return linear, [Shown(loop.people[i], figures[i], visible[i]) for i in who]

    def _lights(self, figures: dict[int, Figure], lamps: list[int]) -> None:
        pos, aim, col = (np.zeros((4, n), dtype=np.float32) for n in (4, 4, 3))
        for slot, i in enumerate(lamps):
            way = figures[i].lamp_aim / np.linalg.norm(figures[i].lamp_aim)
            pos[slot] = (*figures[i].lamp_at, 0.90)
            aim[slot, :3] = way
            col[slot] = np.array([0.95, 0.97, 1.0]) * self.loop.people[i].lamp
        feet = np.zeros((10, 4), dtype=np.float32)
        spots = [foot for f in figures.values() for foot in f.feet][:10]
        for slot, spot in enumerate(spots):
            ground = self.loop.place.slope * spot[1]
            feet[slot] = (spot[0], spot[1], ground, 0.22)
        for program in (self.p_back, self.p_move):
            self._place(program)
            self._set(
                program,
                cap_n=len(lamps),
                cap_pos=pos.tobytes(),
                cap_aim=aim.tobytes(),
                cap_col=col.tobytes(),
                foot_n=len(spots),
                foot=feet.tobytes(),
            )
        for slot, name in enumerate(BAKED):
            self._set(self.p_back, **{f"t_{name}": slot})

    def _visible(self, t: float, who: list[int]) -> dict[int, float]:
        """Count each person's pixels alone and behind what hides them."""
        if not who:
            return {}

        def counts() -> NDArray:
            data = np.frombuffer(self.ids.read(components=1, alignment=1), dtype=np.uint8)
            return np.bincount(data, minlength=256)

        self._set(self.p_plain, view_proj=_bytes(self.matrix), model=_bytes(np.eye(4)))
        alone = {}
        self.ids.use()
        for i in who:
            self.ids.clear(depth=1.0)
            self._set(self.p_plain, code=(i + 1) / 255)
            self.plain_vaos[i].render()
            alone[i] = int(counts()[i + 1])
        self.ids.clear(depth=1.0)
        self.ids.color_mask = (False, False, False, False)
        self.full.render()
        self.ids.color_mask = (True, True, True, True)
        self._draw(self.p_plain, self.plain_vaos, t, who)
        seen = counts()
        return {i: (float(seen[i + 1]) / alone[i] if alone[i] else 0.0) for i in who}
