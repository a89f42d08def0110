import { v7 } from 'uuid';

const prefixes = {
  project: 'proj',
  apiKey: 'key',
  customer: 'cust',
  campaign: 'camp',
  voucher: 'v',
  order: 'ord',
  redemption: 'r',
  rollback: 'rr',
  validation: 'valid',
  event: 'evt',
  source: 'src',
  inboundEvent: 'in',
  journey: 'jrn',
  cohort: 'coh',
  enrolment: 'enr',
  destination: 'dest',
  delivery: 'msg',
  fastForward: 'ff',
  request: 'req',
} as const;

export type IdKind = keyof typeof prefixes;

/** A new id, such as `cust_0192f3a8…`. Ids of one kind sort by the time they were made (UUIDv7), so keyset paging and index locality come with them. */
export const newId = (kind: IdKind): string => `${prefixes[kind]}_${v7().replaceAll('-', '')}`;

/** When an id was made, to the millisecond: the first 48 bits of its UUIDv7. */
export const idTime = (id: string): Date => new Date(Number.parseInt(id.slice(-32, -20), 16));

/** The smallest id of a kind that could be made at this time, as a bound for a list that is ordered by id. */
export const firstIdAt = (kind: IdKind, time: Date): string =>
  `${prefixes[kind]}_${Math.max(time.getTime(), 0).toString(16).padStart(12, '0')}${'0'.repeat(20)}`;
