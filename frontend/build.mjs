// Builds each island into one file of a fixed name, so that no script loads another one:
// the server puts a hash into every name, and would not find names inside of scripts.
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL(".", import.meta.url));
const outDir = `${root}dist`;
await rm(outDir, { recursive: true, force: true });

const shared = { root, configFile: false, logLevel: "warn" };

for (const name of ["page", "desk", "camera", "scene"]) {
  await build({
    ...shared,
    publicDir: name === "page" ? "public" : false,
    build: {
      outDir,
      emptyOutDir: false,
      target: "es2022",
      modulePreload: false,
      rollupOptions: {
        input: `${root}src/${name}/main.ts`,
        output: { format: "iife", entryFileNames: `${name}.js` },
      },
    },
  });
}
await build({
  ...shared,
  publicDir: false,
  build: {
    outDir,
    emptyOutDir: false,
    rollupOptions: {
      input: `${root}styles/davy.css`,
      output: { assetFileNames: "[name][extname]" },
    },
  },
});
