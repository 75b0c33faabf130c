uniform vec3 coverall;
uniform vec3 vest;
uniform float cap_glow;

struct Surface { vec3 albedo; vec3 n; float gloss; float shine; float retro; vec3 glow; };

Surface dress(int kind, vec3 rest, vec3 n) {
    Surface s;
    s.n = bump(n, rest, 22.0, 0.010, 2);
    s.gloss = 12.0; s.shine = 0.03; s.retro = 0.0; s.glow = vec3(0);
    float grime = fbm(rest * 6.0, 3);
    vec3 band = vec3(0.62, 0.62, 0.58);
    s.albedo = coverall * (0.7 + 0.6 * grime);
    float z = rest.z, x = abs(rest.x);
    bool stripe = false;
    if (kind == 20) {
        if (z > 0.93) {
            s.albedo = vest * (0.75 + 0.45 * grime);
            stripe = (z > 1.02 && z < 1.075) || (z > 1.165 && z < 1.22) || (z > 1.19 && x > 0.085 && x < 0.135);
            if (x < 0.006 && rest.y < 0.0) s.albedo *= 0.35;
        }
        if (z > 0.93 && z < 0.965) s.albedo = vec3(0.04);
    } else if (kind == 21) {
        stripe = z > 0.34 && z < 0.395;
        if (z > 0.50 && z < 0.56) s.albedo *= 0.8;
    } else if (kind == 22) {
        stripe = rest.y > 0.52 && rest.y < 0.70;
        if (rest.y > 1.93) s.albedo *= 0.6;
    } else if (kind == 23) {
        s.albedo = vec3(0.16, 0.12, 0.07) * (0.7 + 0.6 * grime);
    } else if (kind == 24) {
        s.albedo = vec3(0.42, 0.255, 0.18) * (0.75 + 0.4 * grime);
        if (z < 1.50) s.albedo = coverall;
        s.shine = 0.06;
    } else if (kind == 25) {
        s.albedo = vec3(0.022, 0.02, 0.018) * (0.6 + 1.2 * grime);
        s.shine = 0.10; s.gloss = 25.0;
    }
    if (stripe) { s.albedo = band * (0.85 + 0.25 * grime); s.retro = 1.0; s.shine = 0.1; }
    return s;
}

Surface paint(int kind, vec3 color, vec3 p, vec3 n) {
    if (kind >= 20) return dress(kind, color, n);
    Surface s;
    s.albedo = color; s.n = n; s.gloss = 20.0; s.shine = 0.05; s.retro = 0.0; s.glow = vec3(0);
    float floor_z = p.z - slope * p.y;
    if (kind == 0) {
        s.albedo *= 0.8 + 0.4 * fbm(p * 9.0, 3); s.shine = 0.25; s.gloss = 45.0;
    } else if (kind == 1) {
        float big = fbm(p * 0.8, 3), fine = fbm(p * 11.0, 4);
        float seam = smoothstep(0.47, 0.53, fbm(p * vec3(0.6, 0.6, 2.6), 4));
        s.n = bump(n, p, 4.5, 0.10, 4);
        s.n = bump(s.n, p, 21.0, 0.020, 2);
        s.albedo *= (0.5 + 0.75 * big) * (0.55 + 0.9 * fine) * mix(vec3(0.82, 0.86, 0.90), vec3(1.08, 1.0, 0.9), seam);
        float near_arch = abs(fract((p.y - 0.6) / arch_step + 0.5) - 0.5) * arch_step;
        s.albedo *= 0.55 + 0.45 * smoothstep(0.03, 0.22, near_arch);
        s.albedo *= 0.6 + 0.4 * smoothstep(0.0, 0.7, floor_z);
        s.shine = 0.10 * wet; s.gloss = 14.0;
    } else if (kind == 2) {
        float big = fbm(p * 1.3, 4), stones = fbm(p * 17.0, 3);
        s.n = bump(n, p, 13.0, 0.030, 3);
        s.albedo *= (0.45 + big) * (0.4 + 1.2 * stones);
        float puddle = wet * smoothstep(0.50, 0.58, fbm(vec3(p.xy * 0.75, 3.0), 3));
        s.n = normalize(mix(s.n, vec3(0, 0, 1), puddle));
        s.albedo *= 1.0 - 0.6 * puddle;
        s.shine = 0.03 + 0.8 * puddle; s.gloss = mix(10.0, 90.0, puddle);
        s.albedo *= 0.55 + 0.45 * smoothstep(0.0, 0.45, 2.75 - abs(p.x));
    } else if (kind == 3) {
        s.albedo *= 0.55 + 0.9 * fbm(p * vec3(2.5, 22.0, 14.0), 3);
        s.n = bump(n, p, 14.0, 0.015, 2);
    } else if (kind == 4) {
        s.albedo *= mix(vec3(0.75, 0.8, 0.85), vec3(1.5, 1.05, 0.8), fbm(p * 5.0, 4)) * (0.6 + 0.7 * fbm(p * 26.0, 2));
        s.n = bump(n, p, 26.0, 0.008, 2); s.shine = 0.12;
    } else if (kind == 5) {
        s.albedo = vec3(0); s.glow = color * 14.0;
    } else if (kind == 6) {
        vec2 cell = vec2(p.x, p.z) / vec2(0.42, 0.21);
        cell.x += 0.5 * mod(floor(cell.y), 2.0);
        vec2 f = abs(fract(cell) - 0.5);
        float joint = max(smoothstep(0.44, 0.48, f.x), smoothstep(0.40, 0.46, f.y));
        s.albedo *= (0.7 + 0.5 * hash(vec3(floor(cell), 1.0))) * (0.7 + 0.5 * fbm(p * 14.0, 3)) * (1.0 - 0.55 * joint);
        s.n = bump(n, p, 16.0, 0.015, 3);
    } else if (kind == 8) {
        s.albedo *= 0.45 + 0.75 * abs(sin(p.y * 130.0 + p.x * 40.0)); s.shine = 0.1;
    } else if (kind == 10) {
        s.shine = 0.12; s.gloss = 30.0;
    } else if (kind == 11) {
        s.albedo = vec3(0.5); s.glow = vec3(cap_glow) * 0.3;
    }
    return s;
}
