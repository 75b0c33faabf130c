#version 330
uniform mat4 view_proj;
uniform mat4 model;
in vec3 in_pos;
in vec3 in_normal;
in vec3 in_color;
in float in_kind;
out vec3 pos;
out vec3 local;
out vec3 normal;
out vec3 color;
flat out int kind;
void main() {
    vec4 p = model * vec4(in_pos, 1.0);
    pos = p.xyz;
    local = in_pos;
    normal = mat3(model) * in_normal;
    color = in_color;
    kind = int(in_kind + 0.5);
    gl_Position = view_proj * p;
}
