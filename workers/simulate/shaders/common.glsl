#version 330
const int MAX_LAMPS = 12;
const int MAX_CAPS = 4;
uniform int lamp_n;
uniform vec4 lamp_pos[MAX_LAMPS];   // xyz, cosine of the cone (-1: all round)
uniform vec4 lamp_aim[MAX_LAMPS];
uniform vec3 lamp_col[MAX_LAMPS];
uniform int cap_n;
uniform vec4 cap_pos[MAX_CAPS];
uniform vec4 cap_aim[MAX_CAPS];
uniform vec3 cap_col[MAX_CAPS];
uniform vec3 eye;
uniform float dust;
uniform float ambient;
uniform float slope;
uniform float wet;
uniform float arch_step;

float hash(vec3 p) {
    p = fract(p * vec3(0.1031, 0.1030, 0.0973));
    p += dot(p, p.yxz + 33.33);
    return fract((p.x + p.y) * p.z);
}
float noise(vec3 p) {
    vec3 i = floor(p), f = fract(p);
    f = f * f * (3.0 - 2.0 * f);
    return mix(mix(mix(hash(i), hash(i + vec3(1,0,0)), f.x),
                   mix(hash(i + vec3(0,1,0)), hash(i + vec3(1,1,0)), f.x), f.y),
               mix(mix(hash(i + vec3(0,0,1)), hash(i + vec3(1,0,1)), f.x),
                   mix(hash(i + vec3(0,1,1)), hash(i + vec3(1,1,1)), f.x), f.y), f.z);
}
float fbm(vec3 p, int octaves) {
    float total = 0.0, scale = 0.5;
    for (int i = 0; i < octaves; i++) { total += scale * noise(p); p = p * 2.03 + 7.1; scale *= 0.5; }
    return total;
}
// Bends the normal by the slope of a noise field.
vec3 bump(vec3 n, vec3 p, float size, float depth, int octaves) {
    float e = 0.25 / size, h = fbm(p * size, octaves);
    vec3 g = vec3(fbm((p + vec3(e,0,0)) * size, octaves), fbm((p + vec3(0,e,0)) * size, octaves),
                  fbm((p + vec3(0,0,e)) * size, octaves)) - h;
    g /= e;
    g -= n * dot(g, n);
    return normalize(n - depth * g);
}
float in_cone(vec4 aim, vec3 to_point, float cosine) {
    if (cosine < -0.99) return 1.0;
    float c = dot(normalize(to_point), aim.xyz);
    return smoothstep(cosine, mix(cosine, 1.0, 0.6), c);
}
// Light of one lamp on a point without its shadow: what the surface's colour takes, and its sheen.
void light(vec3 at, vec4 aim, float cosine, vec3 col, vec3 p, vec3 n, vec3 v, float gloss, float shine,
           float retro, out vec3 base, out vec3 sheen) {
    vec3 d = at - p;
    float far2 = dot(d, d);
    vec3 l = d * inversesqrt(far2 + 1e-6);
    vec3 power = col * in_cone(aim, -d, cosine) / (far2 + 0.15);
    float toward = dot(n, l);
    float back = retro > 0.0 ? retro * pow(max(dot(l, v), 0.0), 24.0) * 5.0 : 0.0;
    base = power * (max(0.0, (toward + 0.08) / 1.08) + back);
    float edge = toward > 0.0 ? pow(max(dot(n, normalize(l + v)), 0.0), gloss) : 0.0;
    sheen = power * shine * edge * (gloss + 8.0) / 25.0;
}
// Light that dust throws into the ray between the eye and p, from one lamp.
vec3 haze(vec3 at, vec4 aim, float cosine, vec3 col, vec3 p) {
    vec3 ray = p - eye;
    float len = length(ray);
    ray /= len;
    vec3 q = eye - at;
    float b = dot(ray, q), c = dot(q, q) + 0.06;
    float s = inversesqrt(max(c - b * b, 0.02));
    float sum = s * (atan((len + b) * s) - atan(b * s));
    vec3 nearest = eye + ray * clamp(-b, 0.5, len);
    return col * in_cone(aim, nearest - at, cosine) * sum * dust * 0.05;
}
