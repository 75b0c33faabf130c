// Builds each island into one file of a fixed name, so that no script loads another one:
// the server puts a hash into every name, and would not find names inside of scripts.
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
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
await addChinese();

// Adds Davy's own Chinese letters, and nothing but these: the font stands before the machine's own,
// since chromium may draw boxes where it comes after one that lacks the letters. Each slice is
// loaded by pages that show one of its letters.
async function addChinese() {
  const font = `${root}node_modules/@fontsource-variable/noto-sans-sc`;
  const faces = (await readFile(`${font}/index.css`, "utf8")).split("@font-face").slice(1);
  await mkdir(`${outDir}/fonts`);
  await copyFile(`${font}/LICENSE`, `${outDir}/fonts/LICENSE.txt`);
  let css = "";
  for (const face of faces) {
    const ranges = /unicode-range: ([^;]+)/.exec(face)[1].split(",");
    const han = ranges.filter((range) => Number.parseInt(range.slice(2), 16) >= 0x2e80);
    if (!han.length) continue;
    const file = /url\(\.\/files\/([^)]+)\)/.exec(face)[1];
    await copyFile(`${font}/files/${file}`, `${outDir}/fonts/${file}`);
    css += `@font-face{font-family:"Davy Han";font-weight:100 900;font-display:swap;src:url("./fonts/${file}") format("woff2");unicode-range:${han}}\n`;
  }
  const styles = `${outDir}/davy.css`;
  await writeFile(styles, css + (await readFile(styles, "utf8")));
}
