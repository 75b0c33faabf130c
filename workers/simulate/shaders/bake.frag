// The still world, lit once: the light without the two shadow lamps, and theirs apart.
in vec3 pos; in vec3 normal; in vec3 color; flat in int kind;
layout(location = 0) out vec4 rest;
layout(location = 1) out vec4 first;
layout(location = 2) out vec4 second;
layout(location = 3) out vec4 albedo;
layout(location = 4) out vec4 where;
layout(location = 5) out vec4 bent;
void main() {
    vec3 v = normalize(eye - pos), n = normalize(normal);
    if (kind != 2 && dot(n, v) < 0.0) n = -n;
    Surface s = paint(kind, color, pos, n);
    float fog = exp(-dust * length(eye - pos));
    vec3 total = s.albedo * ambient * (0.6 + 0.4 * s.n.z) + s.glow;
    vec3 apart[2];
    apart[0] = vec3(0); apart[1] = vec3(0);
    vec2 open = vec2(1.0);
#ifdef STILL_SHADOWS
    open = shadows(pos, n);
#endif
    for (int i = 0; i < lamp_n; i++) {
        vec3 base, sheen;
        light(lamp_pos[i].xyz, lamp_aim[i], lamp_pos[i].w, lamp_col[i], pos, s.n, v, s.gloss, s.shine, 0.0, base, sheen);
        vec3 e = base * s.albedo + sheen;
        if (i < 2) apart[i] = e * fog * (i == 0 ? open.x : open.y); else total += e;
    }
    total *= fog;
    for (int i = 0; i < lamp_n; i++) total += haze(lamp_pos[i].xyz, lamp_aim[i], lamp_pos[i].w, lamp_col[i], pos);
    rest = vec4(total, 1.0);
    first = vec4(apart[0], 1.0);
    second = vec4(apart[1], 1.0);
    albedo = vec4(s.albedo, 1.0);
    where = vec4(pos, 1.0);
    bent = vec4(s.n, 1.0);
}
