import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import type { Sql } from '../../db/client.ts';
import { upsertCustomers } from '../../db/customer/customers.ts';
import { stillRuns } from '../../db/idempotency.ts';
import { isRetryable, withRetries } from '../../db/delivery/retries.ts';
import { DomainError } from '../../domain/errors.ts';
import { refused, type CheckoutAnswer } from '../checkout/answer.ts';
import { codeKeysOf, type CheckoutRequest } from '../checkout/request.ts';
import { lacksPrices, withPrices } from '../checkout/order-prices.ts';
import { createCrowdedCounters } from './late-counts.ts';
import { createQueue } from './queue.ts';
import type { RedeemRequest, SetMember, Verdict } from './request.ts';
import { redeemSet } from './set.ts';
import { createRollback } from '../rollback/rollback.ts';
import type { TraceBuffer } from '../checkout/validation-traces.ts';
import type { VoucherStates } from '../checkout/voucher-states.ts';

export interface RedemptionDeps {
  sql: Sql;
  states: VoucherStates;
  traces: TraceBuffer;
  /** Real time. */
  now: () => Date;
  /** A cryptographically secure source. */
  randomBytes: (n: number) => Uint8Array;
  /** How many sets may be on their way at once; each takes a connection. */
  inFlight?: number;
  /** How many more may wait for vouchers that another process holds. */
  lanesInFlight?: number;
  /** How many requests must wait for a set to start beside another. */
  worthwhile?: number;
  /** The most requests of a set. */
  size?: number;
}

export type RedemptionActivities = ReturnType<typeof createRedemptionActivities>;

interface Waiting extends SetMember {
  resources: readonly [string, ...string[]];
  since: number;
  resolve: (answer: CheckoutAnswer) => void;
  reject: (error: unknown) => void;
}

const KEY_WAIT_MS = 2_000;
const KEY_PAUSE_MS = 20;
const WAIT_MS = 8_000;
const ATTEMPTS = 4;
/** A set that takes longer waits for a lock of somebody else. */
const PATIENCE_MS = 200;
const LOCK_NOT_AVAILABLE = '55P03';

export const createRedemptionActivities = (deps: RedemptionDeps) => {
  const setDeps = { ...deps, crowded: createCrowdedCounters() };
  const { sql, inFlight = 2, lanesInFlight = 4, worthwhile = 32, size = 400, now } = deps;

  const run = async (projectId: string, items: Waiting[], lane: string | null): Promise<{ item: Waiting; resource: string }[]> => {
    const held: { item: Waiting; resource: string }[] = [];
    const toWrite: Waiting[] = [];
    const settle = (item: Waiting, verdict: Verdict): void => {
      if (verdict.kind === 'answered') item.resolve(verdict.answer);
      else if (verdict.kind === 'key held') waitForKey(item);
      else if (verdict.kind === 'customer to write') toWrite.push(item);
      else if (isLate(item)) item.resolve(voucherBusy(verdict.codeKey));
      else held.push({ item, resource: voucherResource(verdict.codeKey) });
    };
    const [late, inTime] = [items.filter(isLate), items.filter((item) => !isLate(item))];
    for (const item of late) item.resolve(overloaded());
    if (inTime.length > 0) await redeemAll(projectId, inTime, lane === null ? null : lane.slice(CODE.length), settle);
    if (toWrite.length > 0) void writeCustomers(projectId, toWrite);
    return held;
  };

  /** Redeems a set; one that fails is halved until what is bad stands alone. */
  const redeemAll = async (
    projectId: string,
    items: Waiting[],
    lane: string | null,
    settle: (item: Waiting, verdict: Verdict) => void,
  ): Promise<void> => {
    for (let attempt = 1; ; attempt++) {
      try {
        const verdicts = await redeemSet(setDeps, projectId, items, lane);
        return items.forEach((item, index) => settle(item, verdicts[index]!));
      } catch (error) {
        if (lane !== null && isLockTimeout(error)) return items.forEach((item) => settle(item, { kind: 'voucher held', codeKey: lane }));
        if (!mayPass(error) || attempt === ATTEMPTS) return halve(projectId, items, lane, settle, error);
        await sleep(attempt * 10);
      }
    }
  };

  const halve = async (
    projectId: string,
    items: Waiting[],
    lane: string | null,
    settle: (item: Waiting, verdict: Verdict) => void,
    error: unknown,
  ): Promise<void> => {
    if (items.length === 1 || isConnectionLost(error) || isUnreachable(error)) return items.forEach((item) => item.reject(error));
    const middle = Math.ceil(items.length / 2);
    await redeemAll(projectId, items.slice(0, middle), lane, settle);
    await redeemAll(projectId, items.slice(middle), lane, settle);
  };

  const waitForKey = (item: Waiting): void => {
    if (performance.now() - item.since > KEY_WAIT_MS) item.resolve(refused(stillRuns(item.request.idempotencyKey)));
    else setTimeout(() => queue.add(item), KEY_PAUSE_MS);
  };

  /** Customers are locked before vouchers, so what requests tell of them is written in a transaction before. */
  const writeCustomers = async (projectId: string, items: Waiting[]): Promise<void> => {
    const inputs = items.flatMap(({ request: { customer } }) => {
      if (!customer) return [];
      const { id: _id, sourceId, ...told } = customer;
      return sourceId === undefined ? [] : [{ ...told, sourceId }];
    });
    try {
      await withRetries(() => sql.begin((tx) => upsertCustomers(tx, projectId, inputs, now())));
      for (const item of items) queue.add(Object.assign(item, { customerWritten: true }));
    } catch (error) {
      if (items.length === 1) return items[0]!.reject(error);
      for (const item of items) await writeCustomers(projectId, [item]);
    }
  };

  const queue = createQueue<Waiting>({
    inFlight,
    lanesInFlight,
    worthwhile,
    patienceMs: PATIENCE_MS,
    size,
    groupOf: (item) => item.request.project.id,
    resourcesOf: (item) => item.resources,
    run,
  });

  const ask = async (request: RedeemRequest, what: SetMember['what']): Promise<CheckoutAnswer> => {
    const { project, order } = request;
    return lacksPrices(order) ? wait({ ...request, order: await withPrices(sql, project.id, order!) }, what) : wait(request, what);
  };

  const wait = (request: RedeemRequest, what: SetMember['what']): Promise<CheckoutAnswer> =>
    new Promise((resolve, reject) => {
      const codeKeys = codeKeysOf(request);
      const resources = [`key ${request.idempotencyKey}`, ...codeKeys.map(voucherResource)] as const;
      queue.add({ request, codeKeys, resources, what, customerWritten: false, since: performance.now(), resolve, reject });
    });

  return {
    /**
     * Redeems codes for an order, all or none, with its answer kept under the Idempotency-Key. A refusal is an answer too, and is
     * recorded. Plain JSON in and out.
     */
    redeem: (request: RedeemRequest): Promise<CheckoutAnswer> => ask(request, 'redeem'),

    /**
     * Validates codes and, where all that is needed applies, holds it for the request's session until that ends or redeems. Its turn comes
     * among those who redeem, so that nothing is held twice. Plain JSON in and out.
     */
    validateAndLock: (request: CheckoutRequest): Promise<CheckoutAnswer> =>
      ask({ ...request, idempotencyKey: request.requestId, requestHash: '' }, 'lock'),

    rollback: createRollback(deps),
  };
};

const CODE = 'code ';
const voucherResource = (codeKey: string): string => CODE + codeKey;

const isLockTimeout = (error: unknown): boolean => error instanceof postgres.PostgresError && error.code === LOCK_NOT_AVAILABLE;

const isLate = (item: Waiting): boolean => performance.now() - item.since > WAIT_MS;

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** The connection broke, or Postgres broke it. */
const isConnectionLost = (error: unknown): boolean => /^(CONNECTION_|ECONNRESET|EPIPE|57P0|08)/.test(codeOf(error));

/** There is no connection to be had. */
const isUnreachable = (error: unknown): boolean => /^(CONNECT_TIMEOUT|ECONNREFUSED|ENOTFOUND|53300)/.test(codeOf(error));

/** True where the same again may do. The key keeps what was committed before a connection broke from being done twice. */
const mayPass = (error: unknown): boolean => isRetryable(error) || isConnectionLost(error);

const overloaded = (): CheckoutAnswer =>
  refused(
    new DomainError('service_unavailable', 'The checkout is too busy', {
      details: 'It did not come to this request in time. Nothing was redeemed: try again in a moment.',
    }),
  );

const voucherBusy = (codeKey: string): CheckoutAnswer =>
  refused(
    new DomainError('service_unavailable', 'The voucher is being changed', {
      details: `Somebody is changing voucher ${codeKey}. Nothing was redeemed: try again in a moment.`,
      resource: { id: codeKey, type: 'voucher' },
    }),
  );
