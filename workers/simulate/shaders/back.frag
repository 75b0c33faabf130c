// The still world again in each frame: shadows, cap lamps and the dark under the boots are added.
in vec2 uv;
uniform sampler2D t_rest; uniform sampler2D t_first; uniform sampler2D t_second;
uniform sampler2D t_albedo; uniform sampler2D t_where; uniform sampler2D t_bent;
uniform mat4 view_proj;
uniform int foot_n;
uniform vec4 foot[10];
uniform vec2 flicker;
layout(location = 0) out vec4 outcome;
void main() {
    vec3 p = texture(t_where, uv).xyz, n = texture(t_bent, uv).xyz;
    vec3 a = texture(t_albedo, uv).rgb;
    vec2 open = shadows(p, n) * flicker;
    vec3 total = texture(t_rest, uv).rgb;
    float dark = 1.0;
    for (int i = 0; i < foot_n; i++) {
        vec3 d = (p - foot[i].xyz) / vec3(foot[i].w, foot[i].w, 0.25);
        dark *= 1.0 - 0.6 * exp(-dot(d, d));
    }
    total *= mix(1.0, dark, 0.8);
    total += dark * (texture(t_first, uv).rgb * open.x + texture(t_second, uv).rgb * open.y);
    float fog = exp(-dust * length(eye - p));
    vec3 v = normalize(eye - p);
    for (int i = 0; i < cap_n; i++) {
        vec3 base, sheen;
        light(cap_pos[i].xyz, cap_aim[i], cap_pos[i].w, cap_col[i], p, n, v, 10.0, 0.0, 0.0, base, sheen);
        total += fog * a * base;
        total += haze(cap_pos[i].xyz, cap_aim[i], cap_pos[i].w, cap_col[i], p);
    }
    outcome = vec4(total, 1.0);
    vec4 c = view_proj * vec4(p, 1.0);
    // Nothing was drawn there: it hides nobody.
    gl_FragDepth = texture(t_where, uv).a < 0.5 ? 1.0 : c.z / c.w * 0.5 + 0.5;
}
