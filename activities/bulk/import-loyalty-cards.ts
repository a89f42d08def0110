import type { Tx } from '../../db/client.ts';
import { updateCustomers, upsertCustomers, type Customer } from '../../db/customer/customers.ts';
import type { RowError } from '../../db/bulk/imports.ts';
import { findHolders } from '../../db/loyalty/cards.ts';
import { findProject, type Project } from '../../db/project/projects.ts';
import { copyVouchers, type SharedDraft } from '../../db/voucher/copy.ts';
import { findTakenCodes, findVouchersByCode } from '../../db/voucher/vouchers.ts';
import { codeKey } from '../../domain/voucher/code-pattern.ts';
import type { CustomerInput } from '../../domain/customer.ts';
import { giveVouchers } from '../voucher/giving.ts';
import type { WriteRows } from './import-rows.ts';
import { revivedDraft } from './import-vouchers.ts';

export const LOYALTY_CARDS_IMPORT = 'LOYALTY_CARDS_IMPORT';

/** A loyalty card to import, as it is kept. */
export interface CardRow {
  line: number;
  code: string;
  shared: SharedDraft;
  /** What the card has; null: what the program gives a new one. */
  points: number | null;
  /** Whose it is; null: nobody's yet. */
  customer: CustomerInput | null;
}

const CAUSE = { sourceId: null, channel: 'import', metadata: {}, apiKeyId: null } as const;

/** Takes the first of those that say the same; nothing is the same as nothing. */
const firsts = <T>(rows: readonly T[], keyOf: (row: T) => string | null, taken: ReadonlySet<string>): { first: T[]; others: T[] } => {
  const seen = new Set(taken);
  const isFirst = rows.map((row) => {
    const key = keyOf(row);
    if (key === null) return true;
    const isNew = !seen.has(key);
    seen.add(key);
    return isNew;
  });
  return { first: rows.filter((_, index) => isFirst[index]), others: rows.filter((_, index) => !isFirst[index]) };
};

const codeTaken = ({ line, code }: CardRow): RowError => ({
  line,
  errors: [{ path: 'code', message: `${code} exists already, or comes earlier in the file` }],
});

const hasCard = ({ line, customer }: CardRow): RowError => ({
  line,
  errors: [
    { path: 'customer.source_id', message: `${customer!.sourceId} has a card of the program already, or comes earlier in the file` },
  ],
});

/** Those whom rows name, made where nobody knows them and locked, so that nobody gives them a card meanwhile. */
const lockNamed = async (tx: Tx, projectId: string, rows: readonly CardRow[], now: Date): Promise<Map<string, Customer>> => {
  const named = await upsertCustomers(
    tx,
    projectId,
    rows.flatMap(({ customer }) => customer ?? []),
    now,
  );
  await updateCustomers(
    tx,
    projectId,
    named.map(({ id }) => id),
    () => ({}),
    now,
  );
  return new Map(named.map((customer) => [customer.sourceId, customer]));
};

const give = async (
  tx: Tx,
  project: Project,
  rows: readonly CardRow[],
  customers: ReadonlyMap<string, Customer>,
  now: Date,
): Promise<void> => {
  const owned = rows.filter(({ customer }) => customer !== null);
  if (owned.length === 0) return;
  const cards = await findVouchersByCode(
    tx,
    project,
    owned.map(({ code }) => code),
  );
  const byKey = new Map(cards.map((card) => [codeKey(card.code, project.caseSensitiveCodes), card]));
  const givings = owned.map(({ code, customer: named }) => {
    const customer = customers.get(named!.sourceId)!;
    const at = new Date(now.getTime() + customer.clockOffsetMs);
    return { cause: CAUSE, customer, free: [byKey.get(codeKey(code, project.caseSensitiveCodes))!], at };
  });
  await giveVouchers(tx, project, givings);
};

/**
 * Writes cards of one program with what they have, and gives them to whom they belong. A code that exists already keeps its row out, and so does a
 * customer who has a card of the program.
 */
export const createWriteLoyaltyCards =
  (now: () => Date): WriteRows<CardRow> =>
  async (tx, { projectId, campaignId }, rows) => {
    const time = now();
    const project = (await findProject(tx, projectId))!;
    const keyOf = ({ code }: CardRow): string => codeKey(code, project.caseSensitiveCodes);
    const byCode = firsts(rows, keyOf, await findTakenCodes(tx, projectId, rows.map(keyOf)));
    const customers = await lockNamed(tx, projectId, byCode.first, time);
    const ids = [...customers.values()].map(({ id }) => id);
    const holderOf = ({ customer }: CardRow): string | null => customer && customers.get(customer.sourceId)!.id;
    const byHolder = firsts(byCode.first, holderOf, await findHolders(tx, projectId, campaignId!, ids));
    const drafts = byHolder.first.map((row) => {
      const draft = revivedDraft(row.shared);
      return { ...row, codeKey: keyOf(row), draft: { ...draft, loyaltyPoints: row.points ?? draft.loyaltyPoints } };
    });
    const left = new Set(await copyVouchers(tx, drafts));
    await give(
      tx,
      project,
      drafts.filter((row) => !left.has(row)),
      customers,
      time,
    );
    return [...byCode.others.map(codeTaken), ...byHolder.others.map(hasCard), ...[...left].map(codeTaken)];
  };
