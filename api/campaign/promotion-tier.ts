import type { z } from 'zod';
import type { Campaign } from '../../db/campaign/campaigns.ts';
import type { Db, Tx } from '../../db/client.ts';
import { countTiers, createTier, findTier, MOST_TIERS, tierView, type PromotionTier, type TierFields } from '../../db/promotion/tiers.ts';
import { assignRules } from '../../db/validation-rules/rule-assignments.ts';
import { DomainError, invalidPayload } from '../../domain/errors.ts';
import { categoryNameOf, namedCategories } from './named-category.ts';
import type { createTierBody, updateTierBody } from '../schemas/promotion-tier.ts';
import { requireStart, windowAfter, windowOf } from './validity.ts';

type CreateBody = z.output<typeof createTierBody>;
type UpdateBody = z.output<typeof updateTierBody>;

/** The tiers as the API shows them, with their categories. */
export const tierViews = async (db: Db, projectId: string, tiers: readonly PromotionTier[]) => {
  const categoriesOf = await namedCategories(
    db,
    projectId,
    tiers.map((tier) => tier.category),
  );
  return tiers.map((tier) => ({ ...tierView(tier), ...categoriesOf(tier.category) }));
};

const orNull = <T extends object>(value: T): T | null => (Object.keys(value).length > 0 ? value : null);

/**
 * Makes a tier of a campaign that is locked, with its rules, which are locked too.
 * @throws DomainError invalid_payload, where the campaign has as many as it may, or its category does not exist
 */
export const addTier = async (tx: Tx, campaign: Campaign, body: CreateBody, now: Date): Promise<PromotionTier> => {
  const { projectId } = campaign;
  if ((await countTiers(tx, projectId, campaign.id)) >= MOST_TIERS)
    throw new DomainError('invalid_payload', 'The campaign has as many tiers as it may.', { details: `${MOST_TIERS} of them` });
  const fields: TierFields = {
    name: body.name,
    banner: body.banner ?? null,
    ...(body.hierarchy !== undefined && { hierarchy: body.hierarchy }),
    discount: body.action.discount,
    limits: body.limits ?? null,
    validity: orNull(windowOf(body)),
    category: (await categoryNameOf(tx, projectId, body)) ?? null,
    active: body.active ?? true,
    startDate: body.start_date ?? null,
    expirationDate: body.expiration_date ?? null,
    metadata: body.metadata ?? {},
  };
  const tier = await createTier(tx, campaign, fields, now);
  const { validation_rules: rules = [] } = body;
  if (rules.length === 0) return tier;
  await assignRules(tx, projectId, rules, { type: 'promotion_tier', id: tier.id }, now);
  return (await findTier(tx, projectId, tier.id))!;
};

/** What a body changes of a tier that is locked: what is left out stays, null empties a field. @throws DomainError invalid_payload */
export const tierChange = async (tx: Tx, tier: PromotionTier, body: UpdateBody): Promise<Partial<TierFields>> => {
  const window = windowAfter(tier.validity ?? {}, body);
  const category = await categoryNameOf(tx, tier.projectId, body);
  const change: Partial<TierFields> = {
    ...(body.name !== undefined && { name: body.name }),
    ...(body.banner !== undefined && { banner: body.banner }),
    ...(body.hierarchy !== undefined && { hierarchy: body.hierarchy }),
    ...(body.action && { discount: body.action.discount }),
    ...(body.limits !== undefined && { limits: body.limits }),
    ...(window && { validity: orNull(window) }),
    ...(category !== undefined && { category }),
    ...(body.active !== undefined && { active: body.active }),
    ...(body.start_date !== undefined && { startDate: body.start_date }),
    ...(body.expiration_date !== undefined && { expirationDate: body.expiration_date }),
    ...(body.metadata !== undefined && { metadata: body.metadata ?? {} }),
  };
  const next = { ...tier, ...change };
  requireStart(next.validity ?? {}, next.startDate);
  if (next.startDate && next.expirationDate && next.startDate >= next.expirationDate)
    throw invalidPayload([{ path: 'expiration_date', message: 'must be after start_date' }]);
  return change;
};
