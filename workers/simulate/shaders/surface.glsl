uniform vec3 coverall;
uniform vec3 vest;
uniform float cap_glow;
// Clothes beyond the loops' one outfit. Negative trousers: as the coverall.
uniform vec3 trousers = vec3(-1.0);
uniform vec3 skin = vec3(0.42, 0.255, 0.18);
uniform vec3 hair = vec3(-1.0);     // negative: none is seen
uniform vec3 boots = vec3(0.022, 0.02, 0.018);
uniform vec3 band_color = vec3(0.62, 0.62, 0.58);
uniform int vested = 1;
uniform int bands = 7;              // bits: 1 vest, 2 trousers, 4 sleeves, 8 coverall's chest, 16 braces
uniform float dirt = 1.0;
uniform float half_width = 2.75;

struct Surface { vec3 albedo; vec3 n; float gloss; float shine; float retro; vec3 glow; };

Surface dress(int kind, vec3 rest, vec3 n) {
    Surface s;
    s.n = bump(n, rest, 22.0, 0.010, 2);
    s.gloss = 12.0; s.shine = 0.03; s.retro = 0.0; s.glow = vec3(0);
    float grime = fbm(rest * 6.0, 3);
    s.albedo = coverall * (0.7 + 0.6 * dirt * grime);
    float z = rest.z, x = abs(rest.x);
    vec3 low = trousers.x < 0.0 ? coverall : trousers;
    bool stripe = false;
    if (kind == 20) {
        if (z > 0.93) {
            if (vested == 1) s.albedo = vest * (0.75 + 0.45 * dirt * grime);
            bool round_body = (z > 1.02 && z < 1.075) || (z > 1.165 && z < 1.22);
            bool braces = z > 1.19 && x > 0.085 && x < 0.135;
            if (vested == 1) stripe = (bands & 1) != 0 && (round_body || braces);
            else stripe = ((bands & 8) != 0 && z > 1.20 && z < 1.255) || ((bands & 16) != 0 && braces);
            if (x < 0.006 && rest.y < 0.0) s.albedo *= 0.35;
        } else s.albedo = low * (0.7 + 0.6 * dirt * grime);
        if (z > 0.93 && z < 0.965) s.albedo = vec3(0.04);
    } else if (kind == 21) {
        s.albedo = low * (0.7 + 0.6 * dirt * grime);
        stripe = (bands & 2) != 0 && z > 0.34 && z < 0.395;
        if (z > 0.50 && z < 0.56) s.albedo *= 0.8;
    } else if (kind == 22) {
        stripe = (bands & 4) != 0 && rest.y > 0.52 && rest.y < 0.70;
        if (rest.y > 1.93) s.albedo *= 0.6;
    } else if (kind == 23) {
        s.albedo = vec3(0.16, 0.12, 0.07) * (0.7 + 0.6 * grime);
    } else if (kind == 24) {
        s.albedo = skin * (0.75 + 0.4 * grime);
        if (z < 1.50) s.albedo = coverall;
        s.shine = 0.06;
        if (hair.x >= 0.0 && (z > 1.675 || (rest.y > -0.01 && z > 1.56))) {
            s.albedo = hair * (0.6 + 0.7 * fbm(rest * 60.0, 2)); s.shine = 0.02;
        }
    } else if (kind == 25) {
        s.albedo = boots * (0.6 + 1.2 * grime);
        s.shine = 0.10; s.gloss = 25.0;
    }
    if (stripe) { s.albedo = band_color * (0.85 + 0.25 * grime); s.retro = 1.0; s.shine = 0.1; }
    return s;
}

// Walls of a cell pattern, on whichever plane the normal picks: the two coordinates on it.
vec2 onto(vec3 p, vec3 n) {
    vec3 a = abs(n);
    return a.z > a.x && a.z > a.y ? p.xy : (a.x > a.y ? p.yz : p.xz);
}

Surface stuff(int kind, vec3 color, vec3 p, vec3 n) {
    Surface s;
    s.albedo = color; s.n = n; s.gloss = 16.0; s.shine = 0.04; s.retro = 0.0; s.glow = vec3(0);
    float big = fbm(p * 0.9, 3);
    if (kind == 30) {          // shotcrete or plaster
        s.albedo *= (0.6 + 0.7 * big) * (0.75 + 0.5 * fbm(p * 15.0, 3));
        s.n = bump(n, p, 12.0, 0.035, 3); s.shine = 0.08 * wet;
    } else if (kind == 31) {   // brickwork
        vec2 cell = onto(p, n) / vec2(0.25, 0.08);
        cell.x += 0.5 * mod(floor(cell.y), 2.0);
        vec2 f = abs(fract(cell) - 0.5);
        float joint = max(smoothstep(0.44, 0.48, f.x), smoothstep(0.36, 0.44, f.y));
        s.albedo *= (0.65 + 0.6 * hash(vec3(floor(cell), 1.0))) * (0.5 + 0.9 * big) * (1.0 - 0.5 * joint);
        s.n = bump(n, p, 18.0, 0.012, 2);
    } else if (kind == 32) {   // rock behind wire mesh
        vec2 q = onto(p, n) / 0.11;
        vec2 f = abs(fract(q) - 0.5);
        float wire = smoothstep(0.43, 0.47, max(f.x, f.y));
        s.albedo *= (0.5 + 0.75 * big) * (0.5 + 0.9 * fbm(p * 11.0, 4));
        s.n = bump(n, p, 5.0, 0.09, 4);
        s.albedo = mix(s.albedo, vec3(0.20, 0.19, 0.18), 0.75 * wire);
    } else if (kind == 33) {   // concrete floor, worn and stained
        s.albedo *= (0.55 + 0.8 * big) * (0.8 + 0.4 * fbm(p * 20.0, 2));
        float puddle = wet * smoothstep(0.52, 0.60, fbm(vec3(p.xy * 0.6, 5.0), 3));
        s.n = normalize(mix(bump(n, p, 20.0, 0.006, 2), vec3(0, 0, 1), puddle));
        s.albedo *= 1.0 - 0.5 * puddle; s.shine = 0.06 + 0.7 * puddle; s.gloss = mix(14.0, 90.0, puddle);
    } else if (kind == 34) {   // reflective tape, chevrons by the colour's first part
        float grime = fbm(p * 7.0, 2);
        s.albedo *= 0.8 + 0.3 * grime; s.retro = 1.0; s.shine = 0.1;
    } else if (kind == 35) {   // cloth that hangs
        s.albedo *= 0.6 + 0.7 * fbm(p * vec3(9.0, 9.0, 2.0), 3);
        s.n = bump(n, p * vec3(1.0, 1.0, 0.25), 11.0, 0.05, 2);
    } else if (kind == 36) {   // rubber belt with spilt coal
        s.albedo = mix(vec3(0.03), color, smoothstep(0.45, 0.6, fbm(p * 5.0, 3)));
        s.n = bump(n, p, 16.0, 0.03 , 3);
    } else if (kind == 37) {   // corrugated sheet
        s.albedo *= (0.6 + 0.5 * big) * (0.8 + 0.3 * sin(onto(p, n).x * 60.0)); s.shine = 0.15;
    } else if (kind == 38) {   // planks
        vec2 q = onto(p, n);
        float gap = smoothstep(0.46, 0.49, abs(fract(q.y / 0.18) - 0.5));
        s.albedo *= (0.55 + 0.9 * fbm(vec3(q.x * 2.0, q.y * 20.0, 1.0), 3)) * (1.0 - 0.7 * gap);
    }
    return s;
}

Surface paint(int kind, vec3 color, vec3 p, vec3 n) {
    if (kind >= 30) return stuff(kind, color, p, n);
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
        s.albedo *= 0.55 + 0.45 * smoothstep(0.0, 0.45, half_width - abs(p.x));
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
