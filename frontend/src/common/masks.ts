// The masks of a camera over its moving picture: the server covers pictures and copies itself, but
// what it streams is what was recorded, so here the page covers it.

const SVG = "http://www.w3.org/2000/svg";

/** Return what lies over the video: nothing where there is no mask. Points are shares of the picture. */
export function masksOver(masks: [number, number][][], video: HTMLVideoElement): SVGElement[] {
  if (!masks.length) return [];
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "overlay masks");
  svg.setAttribute("aria-hidden", "true");
  const all = document.createElementNS(SVG, "g");
  for (const mask of masks) {
    const polygon = document.createElementNS(SVG, "polygon");
    polygon.setAttribute("points", maskPoints(mask));
    all.append(polygon);
  }
  svg.append(all);
  // The same shape as the picture, fitted into the frame in the same way.
  const fit = (): void => {
    const [width, height] = [video.videoWidth || 16, video.videoHeight || 9];
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    all.setAttribute("transform", `scale(${width / 1000} ${height / 1000})`);
  };
  fit();
  video.addEventListener("resize", fit);
  video.addEventListener("loadedmetadata", fit);
  return [svg];
}

/** Write a polygon in thousandths of the picture, as SVG takes it. */
export function maskPoints(mask: [number, number][]): string {
  return mask.map(([x, y]) => `${(x * 1000).toFixed(1)},${(y * 1000).toFixed(1)}`).join(" ");
}
