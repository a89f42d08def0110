import { STACKING_RULES, type StackingRules } from '../../domain/checkout/stacking.ts';
import type { Db, Tx } from '../client.ts';

/** What a project has of its own; what it has not is the default. */
export type OwnStackingRules = Partial<StackingRules>;

export const stackingRulesOf = (own: OwnStackingRules | null): StackingRules =>
  own === null ? STACKING_RULES : { ...STACKING_RULES, ...own };

/** Whether an order keeps what was taken off it when its redemption is taken back. */
export const keepsSale = ({ stackingRules }: { stackingRules: OwnStackingRules | null }): boolean =>
  stackingRulesOf(stackingRules).redeemables_rollback_order_mode === 'WITHOUT_ORDER';

export const readStackingRules = async (db: Db, projectId: string): Promise<StackingRules> => {
  const [row] = await db<{ own: OwnStackingRules | null }[]>`select settings->'stacking_rules' as own from project where id = ${projectId}`;
  return stackingRulesOf(row?.own ?? null);
};

/** Locks the project for a change of its rules. */
export const lockStackingRules = async (tx: Tx, projectId: string): Promise<StackingRules> => {
  await tx`select from project where id = ${projectId} for no key update`;
  return readStackingRules(tx, projectId);
};

/** Keeps what differs from the defaults. */
export const writeStackingRules = async (tx: Tx, projectId: string, rules: StackingRules): Promise<void> => {
  const own = Object.fromEntries(
    Object.entries(rules).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(STACKING_RULES[name as keyof StackingRules])),
  );
  await tx`update project set settings = jsonb_set(settings, '{stacking_rules}', ${tx.json(own)}) where id = ${projectId}`;
};
