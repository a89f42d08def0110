import type { Tx } from '../db/client.ts';
import { findCustomer } from '../db/customers.ts';
import { findProductsByIds, productView } from '../db/products.ts';
import { findSkusByIds, skuView } from '../db/skus.ts';
import { voucherView } from '../db/voucher-changes.ts';
import { findVouchers, type Voucher } from '../db/vouchers.ts';
import { findCardOf } from '../db/loyalty-cards.ts';
import { DomainError } from '../domain/errors.ts';
import type { CheckoutRequest } from './checkout-request.ts';
import { addToBalance } from './gift-card.ts';
import { adjustPoints, lockLoyaltyCards } from './loyalty-card.ts';
import { giveVouchers } from './publication.ts';
import type { RewardEffect } from './reward-redemption.ts';

type Project = CheckoutRequest['project'];

const nobody = (): DomainError =>
  new DomainError('missing_customer', 'Customer is missing', {
    details: 'The reward is a code for the holder of the loyalty card, and the card has none: tell who redeems it',
  });

/** Gives a code of a campaign to the holder. @returns its id */
const giveCode = async (tx: Tx, project: Project, { voucher, customerId, at, apiKeyId }: RewardEffect): Promise<string> => {
  const customer = customerId === null ? null : await findCustomer(tx, project.id, customerId);
  if (!customer) throw nobody();
  const cause = { project, sourceId: null, channel: 'reward', metadata: {}, apiKeyId };
  const { vouchers } = await giveVouchers(tx, cause, customer, [voucher!], at);
  return vouchers[0]!.id;
};

/** Adds what a reward adds to a card of its campaign. */
const addBalance = async (tx: Tx, project: Project, { code, type }: Voucher, balance: number, reason: string, now: Date): Promise<void> => {
  if (type !== 'LOYALTY_CARD') {
    await addToBalance(tx, project, { code, amount: balance, sourceId: null, reason }, now);
    return;
  }
  const [card] = await lockLoyaltyCards(tx, project, { codes: [code] }, now);
  await adjustPoints(tx, project, card!, { points: balance, expires: 'PROGRAM_RULES', sourceId: null, reason }, now);
};

const giveOfCampaign = async (tx: Tx, project: Project, effect: RewardEffect, now: Date): Promise<Voucher> => {
  const { row } = effect.reward;
  const { id: campaignId, balance } = row.parameters.campaign!;
  // Somebody may have got their card by another redemption that was decided together with this one.
  const card = balance === undefined ? null : await findCardOf(tx, project.id, { campaignId, customerId: effect.customerId! });
  const id = card ?? (effect.voucher ? await giveCode(tx, project, effect) : null);
  if (id === null) throw nobody();
  const [voucher] = await findVouchers(tx, project.id, [id]);
  if (balance === undefined) return voucher!;
  await addBalance(tx, project, voucher!, balance, `Reward ${row.name}`, now);
  return (await findVouchers(tx, project.id, [id]))[0]!;
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
 * Gives what the rewards of redemptions are, once their points are written, and tells of it in what answers say of each reward.
 * @throws DomainError missing_customer; whatever adding to a card refuses
 */
export const giveRewards = async (tx: Tx, project: Project, effects: readonly RewardEffect[], now: Date): Promise<void> => {
  const { products, skus } = await productsOf(tx, project.id, effects);
  for (const effect of effects) {
    const { campaign, product } = effect.reward.row.parameters;
    const { reward } = effect.given;
    if (campaign) reward['voucher'] = voucherView(await giveOfCampaign(tx, project, effect, now));
    if (product) {
      reward['product'] = products.get(product.id) ?? null;
      reward['sku'] = product.sku_id === null ? null : (skus.get(product.sku_id) ?? null);
    }
  }
};
