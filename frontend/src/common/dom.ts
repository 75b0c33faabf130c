// Small helpers to make elements; text is always set as text, never as markup.

type Value = string | number | boolean | null | undefined | EventListener;
export type Child = Node | string | null | undefined | false;

const SVG = "http://www.w3.org/2000/svg";

function fill(node: Element, attributes: Record<string, Value>, children: Child[]): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name, value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  for (const child of children) if (child) node.append(child);
}

/** Make an HTML element; functions among the attributes listen to the event of that name. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  fill(node, attributes, children);
  return node;
}

/** Make an SVG element. */
export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, Value> = {},
  ...children: Child[]
): SVGElementTagNameMap[K] {
  const node = document.createElementNS(SVG, tag) as SVGElementTagNameMap[K];
  fill(node, attributes, children);
  return node;
}

/** Make an icon from the page's sprite. */
export function icon(name: string): SVGSVGElement {
  return svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));
}

/** Set text only when it changed, so that the page is not laid out for nothing. */
export function setText(node: Element, text: string): void {
  if (node.textContent !== text) node.textContent = text;
}

/** Set an attribute only when it changed: setting it anew alone costs the page a look at its styles. */
export function setAttribute(node: Element, name: string, value: string): void {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

/** Say that a button does nothing now. It stays a place to be: a disabled one would lose the focus. */
export function setOff(button: Element, off: boolean): void {
  setAttribute(button, "aria-disabled", String(off));
}

/**
 * Give a list exactly these children in this order. What stays in its place is not touched, so it keeps
 * its focus and costs no layout.
 */
export function arrange(list: Element, wanted: readonly Element[]): void {
  const keep = new Set(wanted);
  for (const child of [...list.children]) if (!keep.has(child)) child.remove();
  let next = list.firstElementChild;
  for (const child of wanted) {
    // One that moves down is taken out, rather than all behind it being put before it.
    if (next !== child && next?.nextElementSibling === child) {
      next.remove();
      next = child;
    }
    if (next === child) next = child.nextElementSibling;
    else list.insertBefore(child, next);
  }
}

/** Give a list children that were drawn anew; those that look as one before are left as they are, with the focus in them. */
export function redraw(list: Element, fresh: readonly Element[]): void {
  const before = new Map([...list.children].map((child) => [child.outerHTML, child]));
  const kept = fresh.map((child) => {
    const same = before.get(child.outerHTML);
    if (same) before.delete(child.outerHTML);
    return same ?? child;
  });
  arrange(list, kept);
}

/** Find an element that the template promises. */
export function need<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found as E;
}

/** Read a data block that the template wrote by json_script. */
export function data<T>(id: string): T {
  return JSON.parse(need(id).textContent ?? "null") as T;
}
