// People and machines.
in vec3 scatter; in vec3 pos; in vec3 local; in vec3 normal; in vec3 color; flat in int kind;
uniform vec2 flicker;
uniform int own_cap;
layout(location = 0) out vec4 outcome;
void main() {
    vec3 v = normalize(eye - pos), n = normalize(normal);
    if (dot(n, v) < -0.05) n = -n;
    Surface s = paint(kind, color, (kind >= 20 && kind < 30) ? pos : local, n);
    vec2 open = shadows(pos, n) * flicker;
    float fog = exp(-dust * length(eye - pos));
    float height = clamp(pos.z - slope * pos.y, 0.0, 1.0);
    vec3 total = s.albedo * ambient * (0.6 + 0.4 * s.n.z) * (0.55 + 0.45 * height) + s.glow;
    for (int i = 0; i < lamp_n; i++) {
        vec3 base, sheen;
        light(lamp_pos[i].xyz, lamp_aim[i], lamp_pos[i].w, lamp_col[i], pos, s.n, v, s.gloss, s.shine, s.retro, base, sheen);
        float o = i == 0 ? open.x : (i == 1 ? open.y : 1.0);
        total += o * (base * s.albedo + sheen);
    }
    for (int i = 0; i < cap_n; i++) {
        if (i == own_cap) continue;
        vec3 base, sheen;
        light(cap_pos[i].xyz, cap_aim[i], cap_pos[i].w, cap_col[i], pos, s.n, v, s.gloss, 0.0, s.retro, base, sheen);
        total += s.albedo * base;
    }
    // The glass throws its beam forward: it dazzles only whoever it looks at.
    if (kind == 11) total += vec3(cap_glow) * pow(max(dot(n, v), 0.0), 8.0) * 12.0;
    outcome = vec4(total * fog + scatter, 1.0);
}
