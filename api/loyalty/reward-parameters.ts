import { findCampaign } from '../../db/campaign/campaigns.ts';
import type { Tx } from '../../db/client.ts';
import { findProduct } from '../../db/product/products.ts';
import { findSku } from '../../db/product/skus.ts';
import { type DomainError, invalidPayload } from '../../domain/errors.ts';
import { REWARD_CAMPAIGN_TYPES, type RewardCampaignType, type RewardParameters } from '../../domain/loyalty/reward.ts';
import type { RewardParametersInput } from '../schemas/reward.ts';

const refuse = (path: string, message: string): DomainError => invalidPayload([{ path: `parameters.${path}`, message }]);

const isRewarding = (type: string): type is RewardCampaignType => (REWARD_CAMPAIGN_TYPES as readonly string[]).includes(type);

const campaignOf = async (tx: Tx, projectId: string, { id, balance }: NonNullable<RewardParametersInput['campaign']>) => {
  const campaign = await findCampaign(tx, projectId, id);
  if (!campaign) throw refuse('campaign.id', `names the campaign ${id}, which does not exist`);
  const { campaignType: type } = campaign;
  if (!isRewarding(type)) throw refuse('campaign.id', 'must be a campaign of discount coupons, gift vouchers or loyalty cards');
  if (type === 'DISCOUNT_COUPONS' && balance !== undefined)
    throw refuse('campaign.balance', 'goes with gift vouchers and loyalty cards only: a discount coupon has none');
  if (type === 'LOYALTY_PROGRAM' && balance === undefined)
    throw refuse('campaign.balance', 'must say how many points are added to the card');
  return { id: campaign.id, type, ...(balance !== undefined && { balance }) };
};

const productOf = async (tx: Tx, projectId: string, { id, sku_id: skuId, sku = null }: NonNullable<RewardParametersInput['product']>) => {
  const product = await findProduct(tx, projectId, id);
  if (!product) throw refuse('product.id', `names the product ${id}, which does not exist`);
  const named = skuId ?? sku;
  const found = named === null ? null : await findSku(tx, projectId, named, product.id);
  if (named !== null && !found) throw refuse('product.sku_id', `names the SKU ${named}, which the product does not have`);
  return { id: product.id, sku_id: found?.id ?? null };
};

/**
 * A reward's parameters with the ids of what they name.
 * @throws DomainError invalid_payload, where that does not exist or cannot be a reward
 */
export const rewardParametersOf = async (tx: Tx, projectId: string, given: RewardParametersInput): Promise<RewardParameters> => {
  if (given.campaign) return { campaign: await campaignOf(tx, projectId, given.campaign) };
  if (given.product) return { product: await productOf(tx, projectId, given.product) };
  return { coin: given.coin! };
};
