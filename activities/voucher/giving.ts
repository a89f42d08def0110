import type { Tx } from '../../db/client.ts';
import type { Customer } from '../../db/customer/customers.ts';
import { recordEvents, type NewEvent } from '../../db/event/events.ts';
import type { Project } from '../../db/project/projects.ts';
import { insertPublications, type NewPublication, type Publication } from '../../db/voucher/publications.ts';
import { recordVoucherEvents } from '../../db/voucher/changes.ts';
import { writePublished } from '../../db/voucher/pool.ts';
import { findVouchers, type Voucher } from '../../db/voucher/vouchers.ts';
import { earliest, firstZone, later } from '../../domain/calendar.ts';
import { datePoints } from '../loyalty/card.ts';
import { publicationView } from './publication-view.ts';

/** What a publication says beside what it gives to whom. */
export interface PublicationCause {
  /** What the caller calls it; the same name gives the same codes again. */
  sourceId: string | null;
  channel: string;
  metadata: Record<string, unknown>;
  /** null: nobody asked, a rule did. */
  apiKeyId: string | null;
}

/** Vouchers for one customer, locked, that nobody has. */
export interface Giving {
  cause: PublicationCause;
  customer: Customer;
  free: readonly Voucher[];
  /** The customer's time. */
  at: Date;
}

/** What one publication gave, as it is now. */
export interface Given {
  publication: Publication;
  vouchers: Voucher[];
}

/** What every publication by this cause says. */
export const publicationOf = (
  { sourceId, channel, metadata, apiKeyId }: PublicationCause,
  { projectId, id: customerId, sourceId: customerSourceId }: Customer,
) => ({
  projectId,
  sourceId,
  customerId,
  customerSourceId,
  voucherIds: [],
  codes: [],
  channel,
  metadata,
  failureCode: null,
  failureMessage: null,
  apiKeyId,
});

/** Tells of a publication. @param at the customer's time */
export const publicationEvent = (publication: Publication, at: Date): NewEvent => ({
  projectId: publication.projectId,
  type: publication.result === 'SUCCESS' ? 'publication.succeeded' : 'publication.failed',
  customerId: publication.customerId,
  data: { publication: publicationView(publication) },
  dedupeKey: null,
  occurredAt: at,
});

/** The voucher as it is once it is the customer's: a duration after publishing ends it, unless it ends earlier anyway. */
const givenTo = (voucher: Voucher, { customer, at }: Giving, project: Pick<Project, 'timezone'>): Voucher => {
  const lasts = voucher.template.activity_duration_after_publishing;
  const end = voucher.expirationDate?.toISOString();
  const zone = firstZone(voucher.template.timezone, customer.timezone, project.timezone);
  const own = lasts === undefined ? end : later(at.toISOString(), lasts, zone);
  const ends = own !== undefined && end !== undefined ? earliest(own, end) : own;
  return {
    ...voucher,
    holderId: customer.id,
    publishedAt: at,
    expirationDate: ends === undefined ? null : new Date(ends),
    revision: voucher.revision + 1,
    updatedAt: at,
  };
};

const newPublication = ({ cause, customer }: Giving, vouchers: readonly Voucher[]): NewPublication => ({
  ...publicationOf(cause, customer),
  result: 'SUCCESS',
  voucherIds: vouchers.map(({ id }) => id),
  codes: vouchers.map(({ code }) => code),
  campaignId: vouchers[0]?.campaignId ?? null,
  campaign: vouchers[0]?.campaign ?? null,
});

/** Gives customers vouchers, all in one set, and tells of it. @returns what each got, in their order */
export const giveVouchers = async (tx: Tx, project: Pick<Project, 'id' | 'timezone'>, givings: readonly Giving[]): Promise<Given[]> => {
  const given = givings.map((giving) => giving.free.map((voucher) => givenTo(voucher, giving, project)));
  const all = given.flat();
  await writePublished(tx, all);
  await datePoints(tx, project, all);
  const ids = all.map(({ id }) => id);
  // A card says by when its points are to be used.
  const read = all.some(({ loyaltyCard }) => loyaltyCard) ? await findVouchers(tx, project.id, ids) : all;
  const byId = new Map(read.map((voucher) => [voucher.id, voucher]));
  const vouchers = given.map((each) => each.map(({ id }) => byId.get(id)!));
  const publications = await insertPublications(
    tx,
    givings.map((giving, index) => newPublication(giving, vouchers[index]!)),
  );
  await recordVoucherEvents(tx, 'voucher.published', vouchers.flat(), ({ publishedAt }) => publishedAt!);
  await recordEvents(
    tx,
    publications.map((publication, index) => publicationEvent(publication, givings[index]!.at)),
  );
  return publications.map((publication, index) => ({ publication, vouchers: vouchers[index]! }));
};
