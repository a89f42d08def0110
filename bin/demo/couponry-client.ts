import { randomUUID } from 'node:crypto';
import type { ProjectKeys } from '../data-folder.ts';

/** Something did not happen as the demo says it does. The message is one line. */
export class DemoError extends Error {
  override name = 'DemoError';
}

interface Coupon {
  code: string;
  expires_at: string | null;
}

export interface Passed {
  at: string;
  step: string;
  kind: string;
  outcome: string;
  detail: Record<string, unknown>;
  message: { to: string | null; template: string | null; state: string | null } | null;
}

export interface Enrolment {
  id: string;
  cohort_id: string;
  journey: { name: string; version: number };
  state: string;
  outcome: string | null;
  step: string | null;
  why: string | null;
  next_at: string | null;
  coupons: Record<string, Coupon>;
  timeline: Passed[];
}

export interface Validation {
  valid: boolean;
  order?: { amount: number; total_discount_amount?: number; total_amount?: number };
  redeemables: { result?: { error?: { key: string; message: string; details?: string } } }[];
}

export interface Redemption {
  redemptions: { id: string; result: string }[];
  order: { amount: number; total_discount_amount: number; total_amount: number };
}

/** What a checkout and a support desk call, over HTTP. */
export const createCouponryClient = (apiUrl: string, keys: ProjectKeys) => {
  const send = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(`${apiUrl}/v1${path}`, {
      method,
      headers: {
        'X-App-Id': keys.appId,
        'X-App-Token': keys.secretKey,
        ...(body !== undefined && { 'Content-Type': 'application/json', 'Idempotency-Key': randomUUID() }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(120_000),
    });
    return { status: response.status, body: await response.json() };
  };
  const need = async <T>(method: 'GET' | 'POST', path: string, body?: unknown): Promise<T> => {
    const answer = await send(method, path, body);
    if (answer.status >= 300) throw new DemoError(`${method} /v1${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body as T;
  };
  const cart = (code: string, customer: string, amount: number) => ({
    redeemables: [{ object: 'voucher', id: code }],
    customer: { source_id: customer },
    order: { amount },
  });
  return {
    /** The customer's only enrolment; null while there is none. */
    findEnrolment: async (customer: string): Promise<Enrolment | null> => {
      const { status, body } = await send('GET', `/customers/${customer}/journeys`);
      const [found] = status === 200 ? (body as { enrolments: { id: string }[] }).enrolments : [];
      return found === undefined ? null : need<Enrolment>('GET', `/enrolments/${found.id}`);
    },
    validate: (code: string, customer: string, amount: number) => need<Validation>('POST', '/validations', cart(code, customer, amount)),
    redeem: (code: string, customer: string, amount: number) => need<Redemption>('POST', '/redemptions', cart(code, customer, amount)),
    /** The key of the refusal. */
    redeemInVain: async (code: string, customer: string, amount: number): Promise<string> => {
      const { status, body } = await send('POST', '/redemptions', cart(code, customer, amount));
      if (status < 400) throw new DemoError(`${code} could be redeemed a second time`);
      return (body as { key: string }).key;
    },
    fastForward: (customer: string, duration: string) =>
      need<{ from: string; now: string; passed: Passed[] }>('POST', `/customers/${customer}/fast-forward`, { duration }),
    messagesOf: async (customer: string) =>
      (await need<{ messages: { id: string; state: string }[] }>('GET', `/messages?customer=${customer}&limit=10`)).messages,
    messageContent: async (id: string) =>
      (await need<{ content: { subject: string; text: string } }>('GET', `/messages/${id}?content=true`)).content,
  };
};

export type CouponryClient = ReturnType<typeof createCouponryClient>;
