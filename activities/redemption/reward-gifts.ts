import type { Tx } from '../../db/client.ts';
import { findCustomersByIds } from '../../db/customer/names.ts';
import { updateCustomers } from '../../db/customer/customers.ts';
import { findCardsOf, type CardOf } from '../../db/loyalty/cards.ts';
import { findProductsByIds, productView } from '../../db/product/products.ts';
import { findSkusByIds, skuView } from '../../db/product/skus.ts';
import { voucherView } from '../../db/voucher/changes.ts';
import { findVouchers, type Voucher } from '../../db/voucher/vouchers.ts';
import { DomainError } from '../../domain/errors.ts';
import { addToCards, type CardAddition } from '../loyalty/card-additions.ts';
import type { CheckoutRequest } from '../checkout/request.ts';
import type { RewardEffect } from './reward-redemption.ts';
import { giveVouchers } from '../voucher/giving.ts';

type Project = CheckoutRequest['project'];

const nobody = (): DomainError =>
  new DomainError('missing_customer', 'Customer is missing', {
    details: 'The reward is a code for the holder of the loyalty card, and the card has none: tell who redeems it',
  });

const campaignOf = ({ reward }: RewardEffect) => reward.row.parameters.campaign!;

/** Somebody's card of a campaign that rewards add to. */
const memberKey = (effect: RewardEffect): string => `${effect.customerId} ${campaignOf(effect).id}`;

/** Gives codes of campaigns to who redeemed, all in one set. */
const giveCodes = async (tx: Tx, project: Project, effects: readonly RewardEffect[]): Promise<void> => {
  if (effects.length === 0) return;
  const ids = [...new Set(effects.map(({ customerId }) => customerId!))];
  const customers = new Map((await findCustomersByIds(tx, project.id, ids)).map((customer) => [customer.id, customer]));
  const givings = effects.map(({ customerId, voucher, at, apiKeyId }) => {
    const customer = customers.get(customerId!);
    if (!customer) throw nobody();
    return { cause: { sourceId: null, channel: 'reward', metadata: {}, apiKeyId }, customer, free: [voucher!], at };
  });
  await giveVouchers(tx, project, givings);
};

/**
 * The cards that customers have of campaigns. Who has none is locked and looked at again: of two redemptions at once that would each give a
 * first card, by cards of two programs, the second finds it given.
 */
const cardsOf = async (tx: Tx, project: Project, members: readonly CardOf[], now: Date): Promise<(string | null)[]> => {
  if (members.length === 0) return [];
  const found = await findCardsOf(tx, project.id, members);
  const without = members.filter((_, index) => found[index] === null);
  if (without.length === 0) return found;
  const ids = [...new Set(without.map(({ customerId }) => customerId))];
  await updateCustomers(tx, project.id, ids, () => ({}), now);
  return findCardsOf(tx, project.id, members);
};

/** Which voucher each reward comes to: a code, or the card that the holder has of the campaign, or gets now, by the first of the set. */
const placesOf = async (tx: Tx, project: Project, effects: readonly RewardEffect[], now: Date) => {
  const adding = effects.filter((effect) => campaignOf(effect).balance !== undefined && effect.customerId !== null);
  const members = adding.map((effect) => ({ campaignId: campaignOf(effect).id, customerId: effect.customerId! }));
  const found = await cardsOf(tx, project, members, now);
  const cards = new Map(adding.map((effect, index) => [memberKey(effect), found[index]!]));
  const given: RewardEffect[] = [];
  const ids = effects.map((effect) => {
    const adds = campaignOf(effect).balance !== undefined;
    const own = adds ? cards.get(memberKey(effect)) : null;
    if (own) return own;
    if (effect.customerId === null || !effect.voucher) throw nobody();
    given.push(effect);
    if (adds) cards.set(memberKey(effect), effect.voucher.id);
    return effect.voucher.id;
  });
  return { ids, given };
};

/** Gives what rewards of campaigns are. @returns the voucher of each, in their order */
const giveOfCampaigns = async (tx: Tx, project: Project, effects: readonly RewardEffect[], now: Date): Promise<Voucher[]> => {
  if (effects.length === 0) return [];
  const { ids, given } = await placesOf(tx, project, effects, now);
  await giveCodes(tx, project, given);
  const additions = new Map<RewardEffect, CardAddition>();
  for (const [index, effect] of effects.entries()) {
    const { balance } = campaignOf(effect);
    const reason = `Reward ${effect.reward.row.name}`;
    if (balance !== undefined)
      additions.set(effect, { voucherId: ids[index]!, amount: balance, redemptionId: effect.given.redemptionId, reason });
  }
  const cards = await addToCards(tx, project, [...additions.values()], now);
  const added = new Map([...additions.keys()].map((effect, index) => [effect, cards[index]!]));
  const codes = ids.filter((_, index) => !additions.has(effects[index]!));
  const read = codes.length > 0 ? await findVouchers(tx, project.id, codes) : [];
  const byId = new Map(read.map((voucher) => [voucher.id, voucher]));
  return effects.map((effect, index) => added.get(effect) ?? byId.get(ids[index]!)!);
};

const productsOf = async (tx: Tx, projectId: string, effects: readonly RewardEffect[]) => {
  const named = effects.flatMap(({ reward }) => reward.row.parameters.product ?? []);
  if (named.length === 0) return { products: new Map(), skus: new Map() };
  const skuIds = named.flatMap(({ sku_id: id }) => id ?? []);
  const products = await findProductsByIds(
    tx,
    projectId,
    named.map(({ id }) => id),
  );
  const skus = skuIds.length > 0 ? await findSkusByIds(tx, projectId, skuIds) : [];
  return {
    products: new Map(products.map((each) => [each.id, productView(each)])),
    skus: new Map(skus.map((each) => [each.id, skuView(each)])),
  };
};

/**
 * Gives what the rewards of redemptions are, once their points are written, and tells of it in what answers say of each reward. A set of
 * redemptions gives all of its rewards in as many statements as one does.
 * @throws DomainError missing_customer; whatever adding to a card refuses
 */
export const giveRewards = async (tx: Tx, project: Project, effects: readonly RewardEffect[], now: Date): Promise<void> => {
  const { products, skus } = await productsOf(tx, project.id, effects);
  const ofCampaigns = effects.filter(({ reward }) => reward.row.parameters.campaign);
  const vouchers = await giveOfCampaigns(tx, project, ofCampaigns, now);
  for (const [index, { given }] of ofCampaigns.entries()) given.reward['voucher'] = voucherView(vouchers[index]!);
  for (const { reward, given } of effects) {
    const { product } = reward.row.parameters;
    if (!product) continue;
    given.reward['product'] = products.get(product.id) ?? null;
    given.reward['sku'] = product.sku_id === null ? null : (skus.get(product.sku_id) ?? null);
  }
};
