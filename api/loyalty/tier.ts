import type { Campaign } from '../../db/campaign/campaigns.ts';
import type { Tx } from '../../db/client.ts';
import { knownEarningRules, tiersOfPrograms, type LoyaltyTier, type TierFields } from '../../db/loyalty/tiers.ts';
import { listRewardAssignments } from '../../db/loyalty/reward-assignments.ts';
import { findReward } from '../../db/loyalty/rewards.ts';
import { type FieldProblem, invalidPayload } from '../../domain/errors.ts';
import type { PointsMapping } from '../../domain/loyalty/mapping.ts';
import { overlapping, type TierRange } from '../../domain/loyalty/tier.ts';

/** @throws DomainError invalid_payload, where two tiers of a program have the same points */
export const requireApart = (tiers: readonly Pick<LoyaltyTier, 'id' | 'name' | 'pointsFrom' | 'pointsTo'>[], path: string): void => {
  const ranges = tiers.map(({ name, pointsFrom: from, pointsTo: to }): TierRange & { name: string } => ({ id: name, name, from, to }));
  const other = overlapping(ranges);
  if (other) throw invalidPayload([{ path, message: `must not be points of another tier too: ${other.name} begins with ${other.from}` }]);
};

const PAGE = 100;

/** @throws DomainError invalid_payload, naming every mapping of what the program does not have, or that cannot be */
export const requireMapped = async (
  tx: Tx,
  program: Campaign,
  { earningRules, rewards }: Pick<TierFields, 'earningRules' | 'rewards'>,
  path: string,
): Promise<void> => {
  const problems: FieldProblem[] = [];
  const ruleIds = Object.keys(earningRules);
  const known = await knownEarningRules(tx, program, ruleIds);
  for (const id of ruleIds)
    if (!known.has(id)) problems.push({ path: `${path}earning_rules.${id}`, message: 'names no earning rule of the program' });
  const asked = Object.entries(rewards);
  if (asked.length > 0) {
    const { rows } = await listRewardAssignments(tx, program.projectId, { campaignId: program.id }, { limit: PAGE, page: 1 });
    const assigned = new Map(rows.map((row) => [row.rewardId, row]));
    for (const [id, mapping] of asked) problems.push(...(await problemOf(tx, program, id, mapping, assigned.has(id), path)));
  }
  if (problems.length > 0) throw invalidPayload(problems);
};

const problemOf = async (
  tx: Tx,
  { projectId }: Campaign,
  id: string,
  mapping: PointsMapping,
  isAssigned: boolean,
  path: string,
): Promise<FieldProblem[]> => {
  const at = `${path}rewards.${id}`;
  const reward = isAssigned ? await findReward(tx, projectId, id) : null;
  if (!reward) return [{ path: at, message: 'names no reward of the program' }];
  const isCustomCoin = reward.type === 'COIN' && mapping.type === 'CUSTOM';
  return isCustomCoin ? [{ path: at, message: 'must be MULTIPLY: members pay with as many points as they want' }] : [];
};

/** The tiers that a program has, with those that are added or changed. */
export const tiersWith = async (tx: Tx, program: Campaign, changed: readonly LoyaltyTier[]): Promise<LoyaltyTier[]> => {
  const ids = new Set(changed.map(({ id }) => id));
  return [...(await tiersOfPrograms(tx, program.projectId, [program.id])).filter(({ id }) => !ids.has(id)), ...changed];
};
