#version 330
// The still world's depth alone.
in vec2 uv;
uniform sampler2D t_where;
uniform mat4 view_proj;
layout(location = 0) out vec4 outcome;
void main() {
    vec4 p = texture(t_where, uv);
    vec4 c = view_proj * vec4(p.xyz, 1.0);
    outcome = vec4(0.0);
    gl_FragDepth = p.a < 0.5 ? 1.0 : c.z / c.w * 0.5 + 0.5;
}
