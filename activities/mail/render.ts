import type { MailHeaders } from './mime.ts';
import type { RenderBatch, Rendered, RenderResult, TemplateText } from './render-thread.ts';
import { startRenderThread, type RenderThread } from './render-worker.ts';

export type { Rendered };

export interface RenderRequest {
  template: TemplateText;
  data: Record<string, unknown>;
}

export interface MailRenderer {
  /** What many mails say. Each has its own answer: what failed says why, and holds up no other. */
  render: (requests: RenderRequest[]) => Promise<({ rendered: Rendered } | { error: string })[]>;
  /** Many mails as they go on the wire. */
  compose: (requests: (RenderRequest & { headers: MailHeaders })[]) => Promise<({ raw: Uint8Array } | { error: string })[]>;
  close: () => Promise<void>;
}

type Request = RenderRequest & { headers?: MailHeaders };

const BATCH = 100;
/** After so many threads that it brought down, a template is not tried again with the rest of a batch. */
const STRIKES = 2;

/**
 * Renders mails in a thread with limits: a template that runs too long or takes too much memory costs the thread, which is replaced,
 * and not the process.
 */
export const createMailRenderer = ({ timeLimitMs = 1000, memoryLimitMb = 128 } = {}): MailRenderer => {
  let thread: RenderThread | null = null;
  let last: Promise<unknown> = Promise.resolve();

  const renderBatch = async (requests: Request[]): Promise<RenderResult[]> => {
    const results: (RenderResult | undefined)[] = requests.map(() => undefined);
    const strikes = new Map<string, number>();
    for (;;) {
      const open = requests.map((request, index) => ({ request, index })).filter(({ index }) => results[index] === undefined);
      if (open.length === 0) return results as RenderResult[];
      thread ??= startRenderThread({ timeLimitMs, memoryLimitMb });
      const outcome = await thread.run({
        templates: [...new Map(open.map(({ request: { template } }) => [template.id, template])).values()],
        messages: open.map(({ request: { template, ...message } }): RenderBatch['messages'][number] => ({
          ...message,
          template: template.id,
        })),
      });
      if ('results' in outcome) {
        for (const [position, { index }] of open.entries())
          results[index] = outcome.results[position] ?? { error: 'the mail was not rendered' };
        continue;
      }
      thread = null;
      const culprit = open[outcome.at] ?? open[0];
      if (!culprit) continue;
      const { id } = culprit.request.template;
      strikes.set(id, (strikes.get(id) ?? 0) + 1);
      const condemned = (strikes.get(id) ?? 0) >= STRIKES ? open.filter(({ request }) => request.template.id === id) : [culprit];
      for (const { index } of condemned) results[index] = { error: outcome.died };
    }
  };

  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work, work);
    last = mine.catch(() => {});
    return mine;
  };

  const renderAll = async (requests: Request[]): Promise<RenderResult[]> => {
    const batches: Request[][] = [];
    for (let start = 0; start < requests.length; start += BATCH) batches.push(requests.slice(start, start + BATCH));
    return (await Promise.all(batches.map((batch) => inTurn(() => renderBatch(batch))))).flat();
  };

  return {
    render: async (requests) => (await renderAll(requests)).map((result) => ('raw' in result ? { error: 'the mail has headers' } : result)),
    compose: async (requests) =>
      (await renderAll(requests)).map((result) => ('rendered' in result ? { error: 'the mail has no headers' } : result)),
    close: async () => {
      await last;
      await thread?.end();
      thread = null;
    },
  };
};
