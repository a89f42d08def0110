import { existsSync } from 'node:fs';
import type { Api } from './api.ts';
import { UsageError } from './connection.ts';
import { readDefinitionFile } from './definition-file.ts';
import { refused, table, type Report } from './report.ts';

export interface SimulateFlags {
  /** A source id, or JSON of one who is made up. */
  customer?: string;
  customers?: number;
  start?: string;
  /** `P3D coupon.redeemed`, and JSON of its data after that */
  event: string[];
  /** `crm {"tier":"gold"}`, with a status of HTTP before the JSON where it is not 200 */
  answer: string[];
  data?: string;
  orderAmount?: number;
  draft?: boolean;
}

interface Entry {
  at: string;
  day: number;
  kind: string;
  step: string;
  outcome: string;
  detail: Record<string, unknown>;
  message: { to: string | null; subject: string | null; text: string | null; state: string; reason: string | null } | null;
}

interface Story {
  object: 'simulation';
  journey: { key: string };
  entered: boolean;
  why: string | null;
  state: string | null;
  outcome: string | null;
  step: string | null;
  timeline: Entry[];
  stopped: string | null;
}

interface Money {
  amount: number;
  currency: string;
}

interface Crowd {
  object: 'simulation_crowd';
  journey: { key: string };
  customers: number;
  entered: number;
  held_out: number;
  reached_goal: number;
  steps: { step: string; kind: string; reached: number; outcomes: Record<string, number> }[];
  messages: { sent: number };
  coupons: { campaign: string; issued: number; redeemed: number; cost_at_most: Money | null; why: string | null }[];
  stopped: string | null;
}

const jsonOf = (flag: string, text: string): Record<string, unknown> => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below, as anything else that is no JSON object.
  }
  throw new UsageError(`${flag}: ${text} is not a JSON object`);
};

const eventOf = (text: string): Record<string, unknown> => {
  const [, after, event, data] = /^(\S+)\s+(\S+)(?:\s+(\{.*\}))?$/s.exec(text.trim()) ?? [];
  if (after === undefined || event === undefined) {
    throw new UsageError(`--event ${text}: say when and what, such as --event "P3D coupon.redeemed"`);
  }
  return { after, event, ...(data !== undefined && { data: jsonOf('--event', data) }) };
};

const answerOf = (text: string): [string, Record<string, unknown>] => {
  const [, name, status, body] = /^(\w+)(?:\s+(\d{3}))?(?:\s+(.+))?$/s.exec(text.trim()) ?? [];
  if (name === undefined || (status === undefined && body === undefined)) {
    throw new UsageError(`--answer ${text}: say the name of save_as and what is answered, such as --answer 'crm {"tier":"gold"}'`);
  }
  return [name, { ...(status !== undefined && { status: Number(status) }), ...(body !== undefined && { body: anyJson(body) }) }];
};

const anyJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw new UsageError(`--answer: ${text} is not JSON`);
  }
};

const bodyOf = (flags: SimulateFlags): Record<string, unknown> => ({
  ...(flags.customer !== undefined && {
    customer: flags.customer.startsWith('{') ? jsonOf('--customer', flags.customer) : { source_id: flags.customer },
  }),
  ...(flags.customers !== undefined && { customers: flags.customers }),
  ...(flags.start !== undefined && { start: flags.start }),
  ...(flags.data !== undefined && { data: jsonOf('--data', flags.data) }),
  ...(flags.orderAmount !== undefined && { order_amount: flags.orderAmount }),
  events: flags.event.map(eventOf),
  answers: Object.fromEntries(flags.answer.map(answerOf)),
});

const said = ({ detail, message }: Entry): string => {
  if (message !== null) return `${message.to ?? ''}: ${message.subject ?? message.reason ?? ''}`.trim();
  return Object.entries(detail)
    .filter(([name, value]) => ['code', 'reason', 'next', 'variant', 'event', 'discount_amount'].includes(name) && value != null)
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value as string | number)}`)
    .join(' ');
};

const story = (body: Story): string[] => {
  if (!body.entered) return [`${body.journey.key}: ${body.why ?? 'the customer does not enter'}`];
  const rows = body.timeline.map((entry) => [`day ${entry.day}`, entry.at, entry.kind, entry.step, entry.outcome, said(entry)]);
  const end = body.step === null ? `${body.state ?? ''}: ${body.outcome ?? ''}` : `stands at ${body.step}`;
  return [...table(rows), `${body.journey.key}: ${end}${body.stopped === null ? '' : ` (${body.stopped})`}`];
};

const money = (cost: Money | null, why: string | null): string =>
  cost === null ? `unknown: ${why ?? ''}` : `${cost.amount} ${cost.currency}`;

const crowd = (body: Crowd): string[] => {
  const rows = body.steps.map(({ step, kind, reached, outcomes }) => [
    step,
    kind,
    String(reached),
    Object.entries(outcomes)
      .map(([outcome, count]) => `${outcome} ${count}`)
      .join(', '),
  ]);
  const coupons = body.coupons.map(
    ({ campaign, issued, redeemed, cost_at_most: cost, why }) =>
      `coupons of ${campaign}: ${issued} issued, ${redeemed} redeemed, cost at most ${money(cost, why)}`,
  );
  const head = `${body.journey.key}: ${body.entered} of ${body.customers} enter, ${body.held_out} held out, ${body.reached_goal} reach the goal, ${body.messages.sent} mails`;
  return [...table([['STEP', 'KIND', 'REACHED', 'OUTCOMES'], ...rows]), ...coupons, head, ...(body.stopped === null ? [] : [body.stopped])];
};

/** Says what a journey would do: of a file, which need not be published, or of a journey by its key. Minor units. */
export const simulate = async (api: Api, name: string, flags: SimulateFlags): Promise<Report> => {
  const body = bodyOf(flags);
  const isFile = name === '-' || existsSync(name);
  const file = isFile ? readDefinitionFile(name) : null;
  const reply = file
    ? await api.send('POST', '/journeys/simulate', { definition: file.text, ...body })
    : await api.send('POST', `/journeys/${encodeURIComponent(name)}/simulate`, { ...body, ...(flags.draft === true && { draft: true }) });
  if (reply.status !== 200) return refused(reply, file?.name ?? null);
  const answer = reply.body as Story | Crowd;
  return { json: answer, lines: answer.object === 'simulation' ? story(answer) : crowd(answer), ok: true };
};
