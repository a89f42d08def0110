import type { Group } from '../activities/journey/step.ts';

/** Where a cohort's members stand, as far as the workflow was told. */
export class Groups {
  #byStep = new Map<string, Group>();

  get size(): number {
    return this.#byStep.size;
  }

  all(): Group[] {
    return [...this.#byStep.values()];
  }

  /** What was told while nothing else ran is how it is. */
  replace(told: Group[]): void {
    this.#byStep = new Map(told.map((group) => [group.step, group]));
  }

  /**
   * What was told while something else ran may be older than what that told. So nothing is forgotten and the earlier deadline counts:
   * one that turns out to be over costs a look, and what that tells replaces it.
   */
  merge(told: Group[]): void {
    for (const group of told) {
      const dueAt = earlier(this.#byStep.get(group.step)?.dueAt ?? null, group.dueAt);
      this.#byStep.set(group.step, { ...group, dueAt });
    }
  }

  remove(step: string): void {
    this.#byStep.delete(step);
  }
}

const earlier = (one: string | null, other: string | null): string | null => {
  if (one === null || other === null) return one ?? other;
  return Date.parse(one) <= Date.parse(other) ? one : other;
};
