import { codeKey, generateCodes, type CodePattern } from '../../domain/voucher/code-pattern.ts';
import { DomainError } from '../../domain/errors.ts';
import type { LoyaltyCard } from '../../domain/loyalty/card.ts';
import type { VoucherTemplate } from '../../domain/voucher/template.ts';
import { rulesOfVoucher, type AssignedRules } from '../validation-rules/assigned-rules.ts';
import type { Db, Tx } from '../client.ts';
import { idTime, newId } from '../ids.ts';
import { knownCategory, type KnownCategory } from '../campaign/known-category.ts';
import { insertBuckets } from '../loyalty/points-buckets.ts';
import type { Project } from '../project/projects.ts';

export interface Voucher {
  projectId: string;
  id: string;
  code: string;
  type: string;
  campaignId: string | null;
  /** The campaign's name. */
  campaign: string | null;
  campaignType: string | null;
  campaignStartDate: Date | null;
  campaignExpirationDate: Date | null;
  templateRevision: number | null;
  /** What it is worth: its own definition, or its campaign's template at the revision that counts for it. */
  template: VoucherTemplate;
  revision: number;
  category: string | null;
  /** Where the project has a category of that name. */
  knownCategory: KnownCategory | null;
  startDate: Date | null;
  expirationDate: Date | null;
  active: boolean;
  /** null: unlimited */
  quantity: number | null;
  redeemedQuantity: number;
  /** Minor units. */
  redeemedAmount: number;
  /** Of a gift card, in minor units: all that it was worth, and what is left of it. */
  giftAmount: number | null;
  giftBalance: number | null;
  /** Of a loyalty card. */
  loyaltyCard: LoyaltyCard | null;
  /** What of a loyalty card's points expires next. */
  nextExpiration: { at: string; points: number } | null;
  /** How many points of a loyalty card were earned and cannot be spent yet. */
  pendingPoints: number | null;
  holderId: string | null;
  publishedAt: Date | null;
  additionalInfo: string | null;
  metadata: Record<string, unknown>;
  assignedRules: AssignedRules;
  createdAt: Date;
  updatedAt: Date | null;
}

/** A voucher to write. It has a campaign and a template revision, or a definition of its own. */
export interface NewVoucher {
  projectId: string;
  id: string;
  code: string;
  /** domain/voucher/code-pattern.ts codeKey(code) */
  codeKey: string;
  type: string;
  campaignId: string | null;
  templateRevision: number | null;
  definition: VoucherTemplate | null;
  category: string | null;
  startDate: Date | null;
  expirationDate: Date | null;
  active: boolean;
  quantity: number | null;
  giftAmount: number | null;
  giftBalance: number | null;
  /** What a loyalty card is made with; the campaign's rules say when they expire, once somebody has it. */
  loyaltyPoints: number | null;
  holderId: string | null;
  enrolmentId: string | null;
  publishedAt: Date | null;
  additionalInfo: string | null;
  metadata: Record<string, unknown>;
}

export type VoucherDraft = Omit<NewVoucher, 'code' | 'codeKey'>;

/** A draft with nothing in it but what every voucher needs. */
export const draftVoucher = (voucher: Pick<VoucherDraft, 'projectId'> & Partial<VoucherDraft>): VoucherDraft => ({
  id: newId('voucher'),
  type: 'DISCOUNT_VOUCHER',
  campaignId: null,
  templateRevision: null,
  definition: null,
  category: null,
  startDate: null,
  expirationDate: null,
  active: true,
  quantity: null,
  giftAmount: null,
  giftBalance: null,
  loyaltyPoints: null,
  holderId: null,
  enrolmentId: null,
  publishedAt: null,
  additionalInfo: null,
  metadata: {},
  ...voucher,
});

/** A campaign that is being deleted waits for who writes into it; one that is gone takes nothing. */
export const holdCampaigns = async (tx: Tx, projectId: string, ids: string[]): Promise<void> => {
  const held = await tx`select id from campaign where project_id = ${projectId} and id = any(${ids}::text[]) order by id for key share`;
  if (held.length < ids.length)
    throw new DomainError('resource_not_found', 'The campaign does not exist any more.', { resource: { type: 'campaign', id: ids[0] } });
};

/**
 * Writes vouchers of one project in one statement. A code that exists already is left out.
 * @returns the codes that were written
 */
export const insertVouchers = async (tx: Tx, rows: NewVoucher[]): Promise<Set<string>> => {
  if (rows.length === 0) return new Set();
  const input = rows.map((row) => ({
    project_id: row.projectId,
    id: row.id,
    code: row.code,
    code_key: row.codeKey,
    type: row.type,
    campaign_id: row.campaignId,
    template_revision: row.templateRevision,
    definition: row.definition,
    category: row.category,
    start_date: row.startDate,
    expiration_date: row.expirationDate,
    active: row.active,
    quantity: row.quantity,
    gift_amount: row.giftAmount,
    gift_balance: row.giftBalance,
    loyalty_points: row.loyaltyPoints,
    holder_id: row.holderId,
    enrolment_id: row.enrolmentId,
    published_at: row.publishedAt,
    additional_info: row.additionalInfo,
    metadata: row.metadata,
    created_at: idTime(row.id),
  }));
  const written = await tx<{ code: string }[]>`
    insert into voucher (project_id, id, code, code_key, type, campaign_id, template_revision, definition, category, start_date, expiration_date,
      active, quantity, gift_amount, gift_balance, loyalty_points, loyalty_balance, loyalty_expired, loyalty_subtracted, holder_id, enrolment_id,
      published_at, additional_info, metadata, created_at)
    select project_id, id, code, code_key, type, campaign_id, template_revision, definition, category, start_date, expiration_date, active, quantity,
      gift_amount, gift_balance, loyalty_points, loyalty_points, loyalty_points * 0, loyalty_points * 0, holder_id, enrolment_id, published_at,
      additional_info, metadata, created_at
    from jsonb_to_recordset(${tx.json(input as never)}) as i (project_id text, id text, code text, code_key text, type text,
      campaign_id text, template_revision integer, definition jsonb, category text, start_date timestamptz, expiration_date timestamptz,
      active boolean, quantity integer, gift_amount bigint, gift_balance bigint, loyalty_points bigint, holder_id text, enrolment_id text,
      published_at timestamptz, additional_info text, metadata jsonb,
      created_at timestamptz)
    order by code_key collate "C"
    on conflict (project_id, code_key) do nothing
    returning code`;
  const codes = new Set(written.map((row) => row.code));
  await insertFirstBuckets(
    tx,
    rows.filter((row) => codes.has(row.code)),
  );
  const campaignIds = [...new Set(rows.flatMap((row) => row.campaignId ?? []))];
  if (campaignIds.length > 0) await holdCampaigns(tx, rows[0]!.projectId, campaignIds);
  return codes;
};

/** Buckets of what loyalty cards are made with. They expire from the card's publication on: until then, never. */
export const insertFirstBuckets = async (
  tx: Tx,
  rows: readonly Pick<NewVoucher, 'projectId' | 'id' | 'campaignId' | 'loyaltyPoints'>[],
): Promise<void> => {
  const buckets = rows.flatMap(({ id: voucherId, campaignId, loyaltyPoints: points }) =>
    points === null || points === 0
      ? []
      : [{ id: newId('pointsBucket'), voucherId, campaignId, transactionId: null, points, expiresAt: null, createdAt: idTime(voucherId) }],
  );
  if (buckets.length > 0) await insertBuckets(tx, rows[0]!.projectId, buckets);
};

/** So many draws, of which not one in a hundred was free, and the pattern is used up. */
const MOST_MISSES = 200;

/**
 * Gives each draft a code of the pattern and writes them. Codes that are taken are drawn again, until nearly all are.
 * @returns the vouchers in the order of the drafts
 * @throws DomainError invalid_code_config when so many free codes were not found; duplicate_found where the pattern is one code that exists
 */
export const issueVouchers = async (
  tx: Tx,
  project: Pick<Project, 'caseSensitiveCodes'>,
  drafts: VoucherDraft[],
  pattern: CodePattern,
  randomBytes: (n: number) => Uint8Array,
): Promise<NewVoucher[]> => {
  const issued = new Map<string, NewVoucher>();
  let waiting = drafts;
  let misses = 0;
  while (waiting.length > 0 && misses < MOST_MISSES) {
    const codes = generateCodes(pattern, waiting.length, randomBytes);
    const rows = waiting.map((draft, index) => {
      const code = codes[index]!;
      return { ...draft, code, codeKey: codeKey(code, project.caseSensitiveCodes) };
    });
    const written = await insertVouchers(tx, rows);
    for (const row of rows) if (written.has(row.code)) issued.set(row.id, row);
    misses = written.size * 100 < rows.length ? misses + rows.length : 0;
    waiting = waiting.filter((draft) => !issued.has(draft.id));
    if (waiting.length > 0 && pattern.random === 0)
      throw new DomainError('duplicate_found', `A voucher with the code ${codes[0]} exists already.`, {
        resource: { type: 'voucher', id: codes[0] },
      });
  }
  if (waiting.length > 0) {
    const message = `of ${pattern.possible} possible codes nearly all are taken: of the last ${misses} that were drawn hardly one was free, and ${waiting.length} of ${drafts.length} were not found`;
    throw new DomainError('invalid_code_config', 'The pattern is used up.', {
      details: message,
      fields: [{ path: 'code_config', message }],
    });
  }
  return drafts.map((draft) => issued.get(draft.id)!);
};

/** The points of a loyalty card `v`, as one column; null where it is none. */
export const loyaltyCard = (db: Db) => db`
  case when v.loyalty_points is not null then jsonb_build_object('points', v.loyalty_points, 'balance', v.loyalty_balance,
    'expired', v.loyalty_expired, 'subtracted', v.loyalty_subtracted) end as loyalty_card`;

const nextExpiration = (db: Db) => db`
  case when v.loyalty_balance > 0 then (
    select jsonb_build_object('at', b.expires_at, 'points', sum(b.remaining)) from points_bucket b
    where b.project_id = v.project_id and b.voucher_id = v.id and b.remaining > 0 and b.expires_at is not null
    group by b.expires_at order by b.expires_at limit 1) end as next_expiration`;

const pendingPoints = (db: Db) => db`
  case when v.loyalty_points is not null then (
    select coalesce(sum(p.points), 0)::bigint from pending_points p
    where p.project_id = v.project_id and p.voucher_id = v.id and p.status = 'PENDING') end as pending_points`;

export const voucherColumns = (db: Db) => db`
  v.project_id, v.id, v.code, v.type, v.campaign_id, c.name as campaign, c.campaign_type, c.start_date as campaign_start_date,
  c.expiration_date as campaign_expiration_date, v.template_revision, coalesce(v.definition, t.template) as template, v.revision,
  v.category, ${knownCategory(db, 'v')}, v.start_date, v.expiration_date, v.active, v.quantity, v.redeemed_quantity, v.redeemed_amount,
  v.gift_amount, v.gift_balance, ${loyaltyCard(db)}, ${nextExpiration(db)}, ${pendingPoints(db)}, v.holder_id,
  v.published_at, v.additional_info, v.metadata, ${rulesOfVoucher(db)}, v.created_at, v.updated_at`;

/** A STATIC campaign's voucher keeps the revision that it was made with, an AUTO_UPDATE one's follows. */
export const voucherSource = (db: Db) => db`
  voucher v
  left join campaign c on c.project_id = v.project_id and c.id = v.campaign_id
  left join campaign_template t on t.project_id = v.project_id and t.campaign_id = v.campaign_id
    and t.revision = case c.type when 'AUTO_UPDATE' then c.revision else v.template_revision end`;

export const findVoucher = async (db: Db, project: Project, code: string): Promise<Voucher | null> => {
  const [row] = await db<Voucher[]>`
    select ${voucherColumns(db)} from ${voucherSource(db)}
    where v.project_id = ${project.id} and v.code_key = ${codeKey(code, project.caseSensitiveCodes)}`;
  return row ?? null;
};

/** Vouchers by their codes, in that order. Those that are unknown are missing. */
export const findVouchersByCode = (db: Db, project: Project, codes: string[]): Promise<Voucher[]> => {
  const keys = codes.map((code) => codeKey(code, project.caseSensitiveCodes));
  return db<Voucher[]>`
    select ${voucherColumns(db)} from ${voucherSource(db)}
    where v.project_id = ${project.id} and v.code_key = any(${keys}::text[]) order by array_position(${keys}::text[], v.code_key)`;
};

/** Which of these code keys are taken. */
export const findTakenCodes = async (db: Db, projectId: string, codeKeys: readonly string[]): Promise<Set<string>> => {
  const rows = await db<{ codeKey: string }[]>`
    select code_key from voucher where project_id = ${projectId} and code_key = any(${codeKeys as string[]}::text[])`;
  return new Set(rows.map((row) => row.codeKey));
};

/** Vouchers by their ids, in that order. Those that were deleted are missing. */
export const findVouchers = (db: Db, projectId: string, ids: string[]): Promise<Voucher[]> =>
  db<Voucher[]>`
    select ${voucherColumns(db)} from ${voucherSource(db)}
    where v.project_id = ${projectId} and v.id = any(${ids}::text[]) order by array_position(${ids}::text[], v.id)`;

/** Locks the voucher for a change. */
export const lockVoucher = async (tx: Tx, project: Pick<Project, 'id' | 'caseSensitiveCodes'>, code: string): Promise<Voucher | null> => {
  const [row] = await tx<Voucher[]>`
    select ${voucherColumns(tx)} from ${voucherSource(tx)}
    where v.project_id = ${project.id} and v.code_key = ${codeKey(code, project.caseSensitiveCodes)} for no key update of v`;
  return row ?? null;
};
