// Undo and redo over values that are never changed in place.

export class History<T> {
  private past: T[] = [];
  private future: T[] = [];

  /** What the last step was part of. */
  private whole: object | null = null;

  constructor(public value: T) {}

  /** Take a new value; what is part of the same whole, such as one drag, is one step. */
  set(value: T, whole: object | null = null): void {
    if (!whole || whole !== this.whole) {
      this.past.push(this.value);
      if (this.past.length > 200) this.past.shift();
    }
    this.whole = whole;
    this.value = value;
    this.future = [];
  }

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  undo(): void {
    const before = this.past.pop();
    if (before === undefined) return;
    this.whole = null;
    this.future.push(this.value);
    this.value = before;
  }

  redo(): void {
    const after = this.future.pop();
    if (after === undefined) return;
    this.whole = null;
    this.past.push(this.value);
    this.value = after;
  }
}
