// Builds each island into one file of a fixed name, so that no script loads another one:
// the server puts a hash into every name, and would not find names inside of scripts.
import { copyFile, readFile, rm, writeFile } from "node:fs/promises";
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
await writeFile(`${root}styles/chinese.css`, await chinese());
await build({
  ...shared,
  base: "./",
  publicDir: false,
  build: {
    outDir,
    emptyOutDir: false,
    // The page may load fonts from this server, not from inside of the styles.
    assetsInlineLimit: 0,
    rollupOptions: {
      input: `${root}styles/davy.css`,
      output: {
        assetFileNames: (file) => (file.names[0]?.endsWith(".woff2") ? "fonts/[name][extname]" : "[name][extname]"),
      },
    },
  },
});
await copyFile(`${root}node_modules/@fontsource-variable/noto-sans-sc/LICENSE`, `${outDir}/fonts/LICENSE.txt`);

// Davy's own Chinese letters, and nothing but these: the font stands before the machine's own, since
// chromium may draw boxes where it comes after one that lacks the letters.
async function chinese() {
  const faces = (await readFile(`${root}node_modules/@fontsource-variable/noto-sans-sc/index.css`, "utf8")).split("@font-face");
  const kept = faces.slice(1).flatMap((face) => {
    const ranges = /unicode-range: ([^;]+)/.exec(face)[1].split(",");
    const han = ranges.filter((range) => Number.parseInt(range.slice(2), 16) >= 0x2e80);
    const file = /url\(\.\/(files\/[^)]+)\)/.exec(face)[1];
    return han.length
      ? `@font-face{font-family:"Davy Han";font-weight:100 900;font-display:swap;src:url("@fontsource-variable/noto-sans-sc/${file}") format("woff2");unicode-range:${han}}`
      : [];
  });
  return kept.join("\n");
}
