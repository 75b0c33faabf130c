#version 330
uniform float code;
out vec4 outcome;
void main() { outcome = vec4(code, 0.0, 0.0, 1.0); }
