import { randomBytes } from 'node:crypto';

const prefixes = {
  project: 'proj',
  apiKey: 'key',
  customer: 'cust',
  campaign: 'camp',
  promotionTier: 'promo',
  promotionStack: 'stack',
  voucher: 'v',
  order: 'ord',
  // Rollbacks too, so that the ledger sorts by id.
  redemption: 'r',
  validation: 'valid',
  publication: 'pub',
  asyncAction: 'aa',
  event: 'evt',
  source: 'src',
  inboundEvent: 'in',
  journey: 'jrn',
  cohort: 'coh',
  enrolment: 'enr',
  launch: 'lch',
  referralCheck: 'ref',
  destination: 'dest',
  delivery: 'msg',
  fastForward: 'ff',
  refund: 'rf',
  category: 'cat',
  metadataSchema: 'ms',
  referral: 'rfl',
  validationRule: 'val',
  ruleAssignment: 'asgm',
  segment: 'seg',
  product: 'prod',
  sku: 'sku',
  productCollection: 'pc',
  giftTransaction: 'vtx',
  reward: 'rew',
  rewardAssignment: 'rewa',
  loyaltyTier: 'ltr',
  pointsTransaction: 'vtx',
  pointsBucket: 'lopb',
  pendingPoints: 'lopp',
  earningRule: 'ern',
  consent: 'cnst',
  session: 'ssn',
  deletion: 'del',
  request: 'req',
} as const;

export type IdKind = keyof typeof prefixes;

/** Random bytes as hex, drawn by the page: a draw costs as much as the rest of an id together. */
let random = '';
let drawn = 0;
const draw = (digits: number): string => {
  if (drawn + digits > random.length) [random, drawn] = [randomBytes(6_144).toString('hex'), 0];
  drawn += digits;
  return random.slice(drawn - digits, drawn);
};

let millisecond = 0;
let counter = 0;
/** 24 bits that count within a millisecond, from a random start, so that ids of one process sort as they were made (RFC 9562, method 1). */
const count = (): string => {
  const now = Date.now();
  if (now > millisecond) [millisecond, counter] = [now, Number.parseInt(draw(6), 16) >>> 1];
  else counter++;
  return counter.toString(16).padStart(6, '0');
};

/** A new id, such as `cust_0192f3a8…`. Ids of one kind sort by the time they were made (UUIDv7), so keyset paging and index locality come with them. */
export const newId = (kind: IdKind): string => {
  const counted = count();
  return `${prefixes[kind]}_${millisecond.toString(16).padStart(12, '0')}7${counted.slice(0, 3)}8${counted.slice(3)}${draw(12)}`;
};

/** When an id was made, to the millisecond: the first 48 bits of its UUIDv7. */
export const idTime = (id: string): Date => new Date(Number.parseInt(id.slice(-32, -20), 16));

/** The smallest id of a kind that could be made at this time, as a bound for a list that is ordered by id. */
export const firstIdAt = (kind: IdKind, time: Date): string =>
  `${prefixes[kind]}_${Math.max(time.getTime(), 0).toString(16).padStart(12, '0')}${'0'.repeat(20)}`;
