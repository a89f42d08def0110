import { Worker } from 'node:worker_threads';
import type { RenderBatch, RenderResult } from './render-thread.ts';

export interface RenderThread {
  /** One batch at a time. When the thread died of it, `at` is the message that it died of, and the thread is gone. */
  run: (batch: RenderBatch) => Promise<{ results: RenderResult[] } | { died: string; at: number }>;
  end: () => Promise<void>;
}

export const startRenderThread = ({ timeLimitMs, memoryLimitMb }: { timeLimitMs: number; memoryLimitMb: number }): RenderThread => {
  const progress = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const thread = new Worker(new URL('./render-thread.ts', import.meta.url), {
    workerData: progress.buffer,
    env: {},
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: memoryLimitMb, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
  });
  // It renders while somebody waits for an answer, and keeps no process alive otherwise.
  thread.unref();
  let ready = false;
  let ended = false;
  thread.once('message', () => (ready = true));
  thread.on('error', () => {});
  thread.once('exit', () => (ended = true));

  const run: RenderThread['run'] = async (batch) =>
    new Promise((resolve) => {
      let at = -1;
      let since = performance.now();
      thread.ref();
      Atomics.store(progress, 0, 0);
      const finish = (answer: { results: RenderResult[] } | { died: string; at: number }) => {
        clearInterval(watch);
        thread.off('message', onMessage).off('error', onError).off('exit', onExit);
        thread.unref();
        resolve(answer);
      };
      const die = (died: string) => {
        void thread.terminate();
        finish({ died, at: Atomics.load(progress, 0) });
      };
      const onMessage = (message: RenderResult[] | 'ready') => {
        if (message !== 'ready') finish({ results: message });
      };
      const onError = (error: Error & { code?: string }) =>
        die(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? `the template takes more than ${memoryLimitMb} MB` : error.message);
      const onExit = () => die('the rendering thread ended');
      const watch = setInterval(
        () => {
          const now = Atomics.load(progress, 0);
          if (ended) die('the rendering thread ended');
          else if (!ready || now !== at) [at, since] = [now, performance.now()];
          else if (performance.now() - since > timeLimitMs) die(`the template runs longer than ${timeLimitMs} ms`);
        },
        Math.max(10, timeLimitMs / 4),
      );
      thread.on('message', onMessage).on('error', onError).on('exit', onExit);
      thread.postMessage(batch);
    });

  return {
    run,
    end: async () => {
      await thread.terminate();
    },
  };
};
