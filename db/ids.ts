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
