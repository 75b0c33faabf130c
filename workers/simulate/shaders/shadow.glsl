uniform sampler2DShadow shadow0;
uniform sampler2DShadow shadow1;
uniform mat4 shadow_mat0;
uniform mat4 shadow_mat1;
// Where in each map something that throws a shadow was drawn: x, y from, x, y to.
uniform vec4 shadow_box0 = vec4(-1.0, -1.0, 1.0, 1.0);
uniform vec4 shadow_box1 = vec4(-1.0, -1.0, 1.0, 1.0);
float tap(sampler2DShadow map, mat4 m, vec4 drawn, vec3 p, float bias) {
    vec4 q = m * vec4(p, 1.0);
    if (q.w <= 0.0) return 1.0;
    vec3 c = q.xyz / q.w;
    if (abs(c.x) > 0.99 || abs(c.y) > 0.99 || c.z > 1.0) return 1.0;
    if (any(lessThan(c.xy, drawn.xy)) || any(greaterThan(c.xy, drawn.zw))) return 1.0;
    c = c * 0.5 + 0.5;
    float sum = 0.0;
    float r = 1.6 / 1024.0;
    for (int i = -1; i <= 1; i++) for (int j = -1; j <= 1; j++)
        sum += texture(map, vec3(c.xy + vec2(i, j) * r, c.z - bias));
    return sum / 9.0;
}
vec2 shadows(vec3 p, vec3 n) {
    vec3 q = p + n * 0.025;
    return vec2(tap(shadow0, shadow_mat0, shadow_box0, q, 0.0006), tap(shadow1, shadow_mat1, shadow_box1, q, 0.0006));
}
