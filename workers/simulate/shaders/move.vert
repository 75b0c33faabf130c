// As mesh.vert, with the dust's light worked out a vertex: it changes slowly, and is dear.
uniform mat4 view_proj;
uniform mat4 model;
uniform int own_cap;
in vec3 in_pos;
in vec3 in_normal;
in vec3 in_color;
in float in_kind;
out vec3 pos;
out vec3 local;
out vec3 normal;
out vec3 color;
out vec3 scatter;
flat out int kind;
void main() {
    vec4 p = model * vec4(in_pos, 1.0);
    pos = p.xyz;
    local = in_pos;
    normal = mat3(model) * in_normal;
    color = in_color;
    kind = int(in_kind + 0.5);
    scatter = vec3(0);
    for (int i = 0; i < lamp_n; i++) scatter += haze(lamp_pos[i].xyz, lamp_aim[i], lamp_pos[i].w, lamp_col[i], pos);
    for (int i = 0; i < cap_n; i++) {
        if (i != own_cap) scatter += haze(cap_pos[i].xyz, cap_aim[i], cap_pos[i].w, cap_col[i], pos);
    }
    gl_Position = view_proj * p;
}
