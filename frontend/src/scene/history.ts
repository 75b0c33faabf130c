// Undo and redo over values that are never changed in place.

export class History<T> {
  private past: T[] = [];
  private future: T[] = [];

  constructor(public value: T) {}

  /** Take a new value; `mark` false joins it to the step before, as while a point is dragged. */
  set(value: T, mark = true): void {
    if (mark) {
      this.past.push(this.value);
      if (this.past.length > 200) this.past.shift();
    }
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
    this.future.push(this.value);
    this.value = before;
  }

  redo(): void {
    const after = this.future.pop();
    if (after === undefined) return;
    this.past.push(this.value);
    this.value = after;
  }
}
