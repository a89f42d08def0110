import { UNUSED, type Allowance } from '../../domain/delivery/allowance.ts';
import type { Tx } from '../client.ts';

/**
 * Locks allowances, each after making sure that there is a row to lock: what is counted now stays true until the transaction ends.
 * Counters are locked last, in the order of their keys.
 */
const lockAllowances = async (tx: Tx, projectId: string, keys: string[]): Promise<Map<string, Allowance>> => {
  const distinct = [...new Set(keys)];
  if (distinct.length === 0) return new Map();
  await tx`
    insert into allowance (project_id, key) select ${projectId}, key from unnest(${distinct}::text[]) as k (key) order by key collate "C"
    on conflict do nothing`;
  const rows = await tx<(Allowance & { key: string })[]>`
    select key, total::int as total, recent from allowance where project_id = ${projectId} and key = any(${distinct}::text[])
    order by key collate "C" for no key update`;
  return new Map(rows.map(({ key, total, recent }) => [key, { total, recent }]));
};

/** Writes allowances that are locked. */
const writeAllowances = async (tx: Tx, projectId: string, allowances: Map<string, Allowance>): Promise<void> => {
  if (allowances.size === 0) return;
  const rows = [...allowances].map(([key, { total, recent }]) => ({ key, total, recent }));
  await tx`
    update allowance a set total = i.total, recent = i.recent
    from jsonb_to_recordset(${tx.json(rows as never)}) as i (key text, total bigint, recent jsonb)
    where a.project_id = ${projectId} and a.key = i.key`;
};

/** Allowances that are locked, as they change. */
export interface Ledger {
  of: (key: string) => Allowance;
  set: (key: string, allowance: Allowance) => void;
  write: () => Promise<void>;
}

export const openLedger = async (tx: Tx, projectId: string, keys: string[]): Promise<Ledger> => {
  const known = await lockAllowances(tx, projectId, keys);
  const changed = new Map<string, Allowance>();
  return {
    of: (key) => changed.get(key) ?? known.get(key) ?? UNUSED,
    set: (key, allowance) => void changed.set(key, allowance),
    write: () => writeAllowances(tx, projectId, changed),
  };
};
