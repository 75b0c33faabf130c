// Builds each island into one file of a fixed name, so that no script loads another one:
// the server puts a hash into every name, and would not find names inside of scripts.
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL(".", import.meta.url));
const outDir = `${root}dist`;
await rm(outDir, { recursive: true, force: true });

const shared = { root, configFile: false, logLevel: "warn" };

for (const name of ["page", "desk", "camera", "plan", "scene", "watch"]) {
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
await addFont();

// Adds Davy's own letters: Chinese ones, cut into slices that a page loads when it shows one of
// theirs, and the Latin ones drawn to go with them. The Chinese stand before every other font, since
// chromium may draw boxes where they come after one that lacks the letters.
async function addFont() {
  const font = `${root}node_modules/@fontsource-variable/noto-sans-sc`;
  const faces = (await readFile(`${font}/index.css`, "utf8")).split("@font-face").slice(1);
  await mkdir(`${outDir}/fonts`);
  await copyFile(`${font}/LICENSE`, `${outDir}/fonts/LICENSE.txt`);
  const rule = (name, file, ranges) =>
    `@font-face{font-family:"${name}";font-weight:100 900;font-display:swap;src:url("./fonts/${file}") format("woff2");unicode-range:${ranges}}\n`;
  let css = "";
  for (const face of faces) {
    const file = /url\(\.\/files\/([^)]+)\)/.exec(face)[1];
    if (/-(latin-ext|cyrillic|vietnamese)-/.test(file)) continue;
    const ranges = /unicode-range: ([^;]+)/.exec(face)[1].split(",");
    const han = ranges.filter((range) => Number.parseInt(range.slice(2), 16) >= 0x2e80);
    if (file.includes("-latin-")) {
      // Dots, dashes and quotes are as wide as a Chinese letter here: right in Chinese alone.
      css += rule("Davy Latin", file, "U+0-B6,U+B8-FF,U+131,U+152-153,U+2BB-2BC,U+2C6,U+2DA,U+2DC,U+20AC,U+2122,U+2212");
      css += rule("Davy Marks", file, "U+B7,U+2010-2027");
    } else if (han.length) css += rule("Davy Han", file, han);
    else continue;
    await copyFile(`${font}/files/${file}`, `${outDir}/fonts/${file}`);
  }
  const styles = `${outDir}/davy.css`;
  await writeFile(styles, css + (await readFile(styles, "utf8")));
}
