import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';

/** One timer at a time, which is moved only when its moment changes: each timer is an action that Temporal counts. */
export class Alarm {
  #dueAt: number | null = null;
  #scope: CancellationScope | null = null;
  #ring: () => void;

  constructor(ring: () => void) {
    this.#ring = ring;
  }

  /** @param dueAt milliseconds on the workflow's clock, null for never. @param summary what Temporal's UI says of the timer */
  set(dueAt: number | null, summary: string): void {
    if (dueAt === this.#dueAt) return;
    this.#scope?.cancel();
    this.#dueAt = dueAt;
    this.#scope = null;
    if (dueAt === null) return;
    const scope = new CancellationScope();
    this.#scope = scope;
    void this.#sleep(scope, dueAt, summary);
  }

  async #sleep(scope: CancellationScope, dueAt: number, summary: string): Promise<void> {
    try {
      await scope.run(() => sleep(Math.max(dueAt - Date.now(), 1), { summary }));
    } catch (error) {
      if (isCancellation(error)) return;
      throw error;
    }
    if (this.#scope !== scope) return;
    this.#scope = null;
    this.#dueAt = null;
    this.#ring();
  }
}
