import { LRUCache } from 'lru-cache';
import { readVouchers } from '../../db/checkout/checkout.ts';
import type { Sql } from '../../db/client.ts';
import { readStacks, readTiers } from '../../db/promotion/checkout-promotions.ts';
import {
  findHeldCodes,
  findOpenCodes,
  readCampaignOffers,
  readOffersVersion,
  readStackOffers,
  readTierOffers,
  type PromotionRef,
} from '../../db/promotion/offers.ts';
import { countersNeeded } from '../../domain/checkout/counted.ts';
import { offerOf, type Offer } from '../../domain/qualification/offer.ts';
import { bookOf, type OfferBook } from '../../domain/qualification/offered.ts';
import { SCENARIO, seenIn, type ScenarioName } from '../../domain/qualification/scenario.ts';
import type { PromotionTierState, RedeemableState } from '../../domain/checkout/redeemable.ts';
import type { Discount } from '../../domain/discount/discount.ts';
import { formulasOf } from '../../domain/discount/dynamic-discount.ts';
import { needsOf } from '../../domain/validation-rules/needs.ts';
import type { Redeemer } from '../../domain/voucher/validity.ts';
import { promotionsOf } from '../checkout/promotions.ts';
import type { KnownVoucher, VoucherStates } from '../checkout/voucher-states.ts';

export interface OffersDeps {
  sql: Sql;
  states: VoucherStates;
  now: () => Date;
}

/** What a scenario looks at of what a project offers to all. */
interface SeenOffers {
  book: OfferBook;
  /** Those about which counters decide. */
  counted: readonly Offer[];
}

/** What a project offers to all. */
export interface ProjectOffers {
  version: string;
  /** Epoch milliseconds. */
  readAt: number;
  /** What a scenario looks at of it. */
  seenIn: (scenario: ScenarioName) => SeenOffers;
  /** Some whose rules ask for all that any of them asks for. */
  asking: readonly RedeemableState[];
}

/** Until when what was read counts, though nothing changed: some of it may have been left out because it was over by the clock. */
const FRESH_MS = 3_600_000;

const promotionParts = (tiers: readonly PromotionTierState[]): Offer['parts'] =>
  tiers.map((redeemable) => ({ asked: { object: 'promotion_tier', id: redeemable.id }, redeemable }));

const codeOffer = (voucher: KnownVoucher, source: 'wallet' | 'public'): Offer =>
  offerOf({
    object: 'voucher',
    id: voucher.code,
    source,
    parts: [{ asked: { object: 'voucher', id: voucher.code }, redeemable: voucher }],
    createdAt: Date.parse(voucher.createdAt),
  });

const campaignOffer = (campaign: KnownVoucher): Offer => ({
  ...codeOffer(campaign, 'public'),
  object: 'campaign',
  id: campaign.id,
  parts: [{ asked: { object: 'voucher', id: campaign.id }, redeemable: campaign }],
});

/** Makes equal discounts the same, so that what they take of an order is worked out once. */
const sharing = (offers: readonly Offer[]): Offer[] => {
  const known = new Map<string, Discount>();
  const shared = (discount: Discount): Discount => {
    const key = JSON.stringify(discount);
    known.set(key, known.get(key) ?? discount);
    return known.get(key)!;
  };
  return offers.map((offer) => ({
    ...offer,
    parts: offer.parts.map(({ asked, redeemable }) => ({ asked, redeemable: { ...redeemable, discount: shared(redeemable.discount) } })),
  }));
};

export const redeemablesOf = (offers: readonly Offer[]): RedeemableState[] =>
  offers.flatMap(({ parts }) => parts.map(({ redeemable }) => redeemable));

const ANYBODY: Redeemer = { customerId: 'anybody', named: true, at: 0, zone: 'UTC' };

/** Whether counters, or what sessions hold, decide about an offer. */
export const isCounted = ({ parts }: Offer): boolean =>
  parts.some(
    ({ redeemable }) =>
      countersNeeded(redeemable, ANYBODY).length > 0 ||
      (redeemable.object === 'voucher' && (redeemable as KnownVoucher).lockedUntil !== null),
  );

const asksForSomething = ({ rules, discount }: RedeemableState): boolean => {
  const { segments, collections, customer, products } = needsOf(rules, formulasOf(discount));
  return customer || products || segments.length > 0 || collections.length > 0;
};

const seenOffers = (offers: readonly Offer[]): SeenOffers => ({ book: bookOf(offers), counted: offers.filter(isCounted) });

const projectOffers = (version: string, time: Date, offers: readonly Offer[]): ProjectOffers => {
  const ruled = redeemablesOf(offers).filter(({ rules, discount }) => rules.length > 0 || formulasOf(discount).length > 0);
  const asking = ruled.filter(asksForSomething);
  const seen = new Map<ScenarioName, SeenOffers>();
  return {
    version,
    readAt: time.getTime(),
    seenIn: (name) => {
      const known = seen.get(name) ?? seenOffers(seenIn(SCENARIO[name], offers));
      seen.set(name, known);
      return known;
    },
    // One that has rules makes that the facts are read, though nothing more is asked for.
    asking: asking.length > 0 ? asking : ruled.slice(0, 1),
  };
};

const promotionOffers = async ({ sql, states }: OffersDeps, projectId: string, time: Date): Promise<Offer[]> => {
  const [tierRefs, stackRefs] = await Promise.all([readTierOffers(sql, projectId, time), readStackOffers(sql, projectId, time)]);
  if (tierRefs.length + stackRefs.length === 0) return [];
  const asked = { tierIds: tierRefs.map(({ id }) => id), stackIds: stackRefs.map(({ id }) => id) };
  const [tierRows, stackRows] = await Promise.all([readTiers(sql, projectId, asked), readStacks(sql, projectId, asked.stackIds)]);
  const { tiers, stacks } = await promotionsOf(sql, states.rules, projectId, tierRows, stackRows);
  const offer = (object: Offer['object'], { id, createdAt }: PromotionRef, ids: readonly string[]): Offer[] => {
    const parts = ids.flatMap((each) => tiers.get(each) ?? []);
    return parts.length < ids.length || ids.length === 0
      ? []
      : [offerOf({ object, id, source: 'promotion', parts: promotionParts(parts), createdAt: createdAt.getTime() })];
  };
  return [
    ...tierRefs.flatMap((ref) => offer('promotion_tier', ref, [ref.id])),
    ...stackRefs.flatMap((ref) => offer('promotion_stack', ref, stacks.get(ref.id)?.tierIds ?? [])),
  ];
};

/** Reads what may be offered. What is for all is kept, and read again where anything of it has changed. */
export const createOffers = (deps: OffersDeps) => {
  const { sql, states, now } = deps;
  const kept = new LRUCache<string, ProjectOffers>({ max: 200 });

  const readAll = async (projectId: string, version: string): Promise<ProjectOffers> => {
    const time = now();
    const [campaigns, ofPromotions] = await Promise.all([readCampaignOffers(sql, projectId, time), promotionOffers(deps, projectId, time)]);
    const found = await states.statesOf(sql, projectId, campaigns);
    const ofCampaigns = campaigns.flatMap(({ codeKey }) => (found.has(codeKey) ? [campaignOffer(found.get(codeKey)!)] : []));
    return projectOffers(version, time, sharing([...ofPromotions, ...ofCampaigns]));
  };

  return {
    /** What the project offers to all, as it stands now. */
    ofProject: async (projectId: string): Promise<ProjectOffers> => {
      const version = await readOffersVersion(sql, projectId);
      const known = kept.get(projectId);
      if (known?.version === version && now().getTime() - known.readAt < FRESH_MS) return known;
      const read = await readAll(projectId, version);
      kept.set(projectId, read);
      return read;
    },

    /** Codes for all, and by customer those that are theirs. Read each time, since every redemption changes them. */
    codes: async (projectId: string, customerIds: string[]): Promise<{ open: Offer[]; heldBy: (customerId: string) => Offer[] }> => {
      const [open, held] = await Promise.all([findOpenCodes(sql, projectId), findHeldCodes(sql, projectId, customerIds)]);
      const keys = [...open, ...held.map(({ codeKey }) => codeKey)];
      const found =
        keys.length === 0
          ? new Map<string, KnownVoucher>()
          : await states.statesOf(sql, projectId, await readVouchers(sql, projectId, keys));
      const offersOf = (codeKeys: string[], source: 'wallet' | 'public') =>
        codeKeys.flatMap((key) => (found.has(key) ? [codeOffer(found.get(key)!, source)] : []));
      const byHolder = Map.groupBy(held, ({ holderId }) => holderId);
      return {
        open: offersOf(open, 'public'),
        heldBy: (customerId) =>
          offersOf(
            (byHolder.get(customerId) ?? []).map(({ codeKey }) => codeKey),
            'wallet',
          ),
      };
    },
  };
};
