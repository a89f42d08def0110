import type { Tx } from './client.ts';
import { idTime, newId } from './ids.ts';
import { VOUCHER_COLUMNS } from './voucher-copy.ts';
import { holdCampaigns, type VoucherDraft } from './vouchers.ts';

/** What makes one voucher of a series another than the next. */
const OWN = ['id', 'code', 'code_key', 'created_at'];
const shared = Object.keys(VOUCHER_COLUMNS).filter((name) => !OWN.includes(name));
const columns = [...OWN, ...shared].join(', ');
const values = shared.map((name) => `c.${name}`).join(', ');

/**
 * Writes vouchers of a campaign that differ in their codes alone: what they share is sent once. A code that exists already is left out.
 * @param keys the codes as they are looked up
 * @returns how many were written
 */
export const insertSeries = async (tx: Tx, draft: VoucherDraft, codes: string[], keys: string[]): Promise<number> => {
  const ids = codes.map(() => newId('voucher'));
  const row = { ...draft, code: '', codeKey: '' };
  const common = Object.fromEntries(shared.map((name) => [name, VOUCHER_COLUMNS[name]!(row)]));
  const { count } = await tx`
    insert into voucher (${tx.unsafe(columns)})
    select u.id, u.code, u.code_key, ${idTime(ids[0]!)}, ${tx.unsafe(values)}
    from unnest(${ids}::text[], ${codes}::text[], ${keys}::text[]) as u (id, code, code_key),
      jsonb_populate_record(null::voucher, ${tx.json(common as never)}) c
    order by u.code_key collate "C"
    on conflict (project_id, code_key) do nothing`;
  await holdCampaigns(tx, draft.projectId, [draft.campaignId!]);
  return count;
};
