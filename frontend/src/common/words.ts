// Strings come from the server in the reader's language; here they are only filled in.

export type Catalogue = { readonly [key: string]: string | Record<string, string> };

/** Fill %(name)s in a text; a whole sentence that is put before a full stop brings no second one. */
export function fill(text: string, values: Record<string, string | number> = {}): string {
  return text.replace(/%\((\w+)\)s([.。]?)/g, (_all, name: string, stop: string) => {
    const value = String(values[name] ?? "");
    return stop ? value.replace(/[.。]$/, "") + stop : value;
  });
}

/** Return functions that look up a catalogue. */
export function reader(catalogue: Catalogue) {
  return {
    /** A sentence by its key. */
    t(key: string, values: Record<string, string | number> = {}): string {
      const found = catalogue[key];
      return typeof found === "string" ? fill(found, values) : key;
    },
    /** Whether a code has words. */
    has(table: string, value: string): boolean {
      const found = catalogue[table];
      return typeof found === "object" && value in found;
    },
    /** A code in words; one that has no words yet is shown readable as it is. */
    code(table: string, value: string): string {
      const found = catalogue[table];
      const word = typeof found === "object" ? found[value] : undefined;
      if (word !== undefined) return word;
      const plain = value.replaceAll("_", " ");
      return plain.charAt(0).toUpperCase() + plain.slice(1);
    },
  };
}

export type Words = ReturnType<typeof reader>;
