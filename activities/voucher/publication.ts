import { findCampaign, type Campaign } from '../../db/campaign/campaigns.ts';
import type { NamedCustomer } from '../../db/checkout/checkout.ts';
import type { Tx } from '../../db/client.ts';
import { updateCustomer, upsertCustomers, type Customer } from '../../db/customer/customers.ts';
import { recordEvents } from '../../db/event/events.ts';
import { findCardOf } from '../../db/loyalty/cards.ts';
import type { Project } from '../../db/project/projects.ts';
import { findBySourceId, findJoined, insertPublications, lockSourceId, type Publication } from '../../db/voucher/publications.ts';
import { createCampaignVouchers } from '../../db/voucher/creation.ts';
import { takeFromPool } from '../../db/voucher/pool.ts';
import { findVoucher, findVouchers, lockVoucher, type Voucher } from '../../db/voucher/vouchers.ts';
import { codeKey, parseCodeConfig } from '../../domain/voucher/code-pattern.ts';
import { DomainError } from '../../domain/errors.ts';
import { publicationRefusal, type PublicationRefusal } from '../../domain/voucher/publication.ts';
import { giveVouchers, publicationEvent, publicationOf, type PublicationCause } from './giving.ts';

/** What is to be given to whom: a voucher by its code, or so many of a campaign's. */
export interface PublishRequest extends PublicationCause {
  project: Project;
  customer: NamedCustomer;
  what: { code: string } | { campaign: string; count: number };
  /** Whether a customer who has a code of the campaign gets that one again. */
  joinOnce: boolean;
}

export interface PublishDeps {
  /** Real time. */
  now: Date;
  /** A cryptographically secure source. */
  randomBytes: (n: number) => Uint8Array;
}

/** What came of it. A refusal is recorded too, so the transaction is to be committed. */
export type Published = { publication: Publication; vouchers: Voucher[]; customer: Customer } | { refusal: PublicationRefusal };

const unknown = (type: string, id: string): DomainError =>
  new DomainError('not_found', 'Resource not found', { details: `Cannot find ${type} with id ${id}`, resource: { id, type } });

/**
 * Gives a customer a code, or several of a campaign, in the caller's transaction: from the campaign's pool, of which no two callers
 * ever get the same, or made for them where the pool is empty and the campaign goes on (AUTO_UPDATE).
 * @throws DomainError not_found; duplicate_found, where the source id was used for another customer or another campaign
 */
export const publish = async (tx: Tx, request: PublishRequest, deps: PublishDeps): Promise<Published> => {
  const { project, what, sourceId } = request;
  if (sourceId !== null) await lockSourceId(tx, project.id, sourceId);
  const campaign = 'campaign' in what ? await campaignOf(tx, project.id, what.campaign) : null;
  const program = await programOf(tx, request, campaign);
  const joinOnce = request.joinOnce || program !== null;
  const customer = await customerOf(tx, { ...request, joinOnce }, deps.now);
  const before = await publishedBefore(tx, { ...request, joinOnce }, customer, campaign);
  if (before) return { publication: before, vouchers: await findVouchers(tx, project.id, before.voucherIds), customer };

  const at = new Date(deps.now.getTime() + customer.clockOffsetMs);
  if (program !== null && 'count' in what && what.count > 1) return refuse(tx, request, customer, oneCard(program), at);
  const own = program && (await findCardOf(tx, project.id, { campaignId: program, customerId: customer.id }));
  const taken = own
    ? await takeOwn(tx, request, own)
    : campaign
      ? await takeOf(tx, request, campaign, at, deps)
      : await takeByCode(tx, request, at);
  if ('refusal' in taken) return refuse(tx, request, customer, taken, at);
  const [given] = await giveVouchers(tx, project, [{ cause: request, customer, free: taken.vouchers, at }]);
  return { ...given!, customer };
};

/** The loyalty program that a code is asked of, where it is one: a customer has one card of it. */
const programOf = async (tx: Tx, { project, what }: PublishRequest, campaign: Campaign | null): Promise<string | null> => {
  if (campaign) return campaign.campaignType === 'LOYALTY_PROGRAM' ? campaign.id : null;
  const voucher = 'code' in what ? await findVoucher(tx, project, what.code) : null;
  return voucher?.campaignType === 'LOYALTY_PROGRAM' ? voucher.campaignId : null;
};

const customerOf = async (tx: Tx, { project, customer, joinOnce }: PublishRequest, now: Date): Promise<Customer> => {
  const { id, sourceId, ...told } = customer;
  if (id !== undefined) {
    const known = await updateCustomer(tx, project.id, id, told, now);
    if (!known) throw unknown('customer', id);
    return known;
  }
  const [known] = await upsertCustomers(tx, project.id, [{ ...told, sourceId: sourceId! }], now);
  // Locked, so that of two publications at once the second sees the first.
  return joinOnce ? (await updateCustomer(tx, project.id, known!.id, {}, now))! : known!;
};

const campaignOf = async (tx: Tx, projectId: string, idOrName: string): Promise<Campaign> => {
  const campaign = await findCampaign(tx, projectId, idOrName);
  if (!campaign) throw unknown('campaign', idOrName);
  return campaign;
};

const publishedBefore = async (
  tx: Tx,
  { project, what, sourceId, joinOnce }: PublishRequest,
  customer: Customer,
  campaign: Campaign | null,
): Promise<Publication | null> => {
  const told = sourceId === null ? null : await findBySourceId(tx, project.id, sourceId);
  if (told) {
    const { caseSensitiveCodes } = project;
    const same =
      'code' in what
        ? told.codes.some((code) => codeKey(code, caseSensitiveCodes) === codeKey(what.code, caseSensitiveCodes))
        : told.campaignId === campaign?.id;
    if (told.customerId === customer.id && same) return told;
    throw new DomainError('duplicate_found', 'This source_id was used for another publication.', {
      details: `The publication ${told.id} with the source_id ${sourceId} is of another customer, campaign or voucher.`,
      resource: { type: 'publication', id: told.id },
    });
  }
  return joinOnce && campaign ? findJoined(tx, project.id, customer.id, campaign.id) : null;
};

const takeByCode = async (tx: Tx, { project, what }: PublishRequest, at: Date): Promise<{ vouchers: Voucher[] } | Taken> => {
  const { code } = what as { code: string };
  const voucher = await lockVoucher(tx, project, code);
  if (!voucher) throw unknown('voucher', code);
  const refusal = publicationRefusal(voucher, at);
  return refusal ? { refusal, campaignId: voucher.campaignId } : { vouchers: [voucher] };
};

/** The card that the customer has already, by way of a journey or of a publication under another name. */
const takeOwn = async (tx: Tx, { project, what }: PublishRequest, id: string): Promise<{ vouchers: Voucher[] } | Taken> => {
  const [own] = await findVouchers(tx, project.id, [id]);
  const voucher = (await lockVoucher(tx, project, own!.code))!;
  const isAsked = !('code' in what) || codeKey(what.code, project.caseSensitiveCodes) === codeKey(voucher.code, project.caseSensitiveCodes);
  if (isAsked) return { vouchers: [voucher] };
  const message = `The customer has the card ${voucher.code} of this program already`;
  return { refusal: { key: 'voucher_already_published', message }, campaignId: voucher.campaignId };
};

const oneCard = (campaignId: string): Taken => ({
  refusal: { key: 'no_voucher_suitable_for_publication', message: 'A customer has one card of a loyalty program: ask for one' },
  campaignId,
});

interface Taken {
  refusal: PublicationRefusal;
  campaignId: string | null;
}

const takeOf = async (
  tx: Tx,
  { project, what }: PublishRequest,
  campaign: Campaign,
  at: Date,
  { now, randomBytes }: PublishDeps,
): Promise<{ vouchers: Voucher[] } | Taken> => {
  const { count } = what as { count: number };
  const none = (why: string): Taken => ({
    refusal: { key: 'no_voucher_suitable_for_publication', message: `The campaign ${campaign.name} ${why}` },
    campaignId: campaign.id,
  });
  if (!campaign.active) return none('is disabled');
  if (campaign.expirationDate && campaign.expirationDate <= at) return none(`ended at ${campaign.expirationDate.toISOString()}`);
  const free = await takeFromPool(tx, campaign, count, at, false);
  if (free.length === count) return { vouchers: free };
  const pattern = parseCodeConfig(campaign.template.code_config ?? {}, { caseSensitive: project.caseSensitiveCodes });
  if (campaign.type === 'AUTO_UPDATE' && pattern.random > 0) {
    try {
      const made = await createCampaignVouchers(tx, campaign, count - free.length, {}, pattern, { project, now, randomBytes });
      return { vouchers: [...free, ...made] };
    } catch (error) {
      if (!(error instanceof DomainError) || error.key !== 'invalid_code_config') throw error;
      return none(`has no free code and can make no more: ${error.details}`);
    }
  }
  // What others hold now they may let go again: only when all have ended is the pool known to be empty.
  const all = await takeFromPool(tx, campaign, count, at, true);
  return all.length === count ? { vouchers: all } : none(`has ${all.length} of the ${count} free codes that are asked for`);
};

const refuse = async (
  tx: Tx,
  request: PublishRequest,
  customer: Customer,
  { refusal, campaignId }: Taken,
  at: Date,
): Promise<Published> => {
  const failure = { result: 'FAILURE' as const, failureCode: refusal.key, failureMessage: refusal.message, campaignId, campaign: null };
  const publications = await insertPublications(tx, [{ ...publicationOf(request, customer), ...failure }]);
  await recordEvents(
    tx,
    publications.map((publication) => publicationEvent(publication, at)),
  );
  return { refusal };
};
