import type { CategoryState } from '../../domain/checkout/stacking.ts';
import type { LoyaltyCard } from '../../domain/loyalty/card.ts';
import type { VoucherTemplate } from '../../domain/voucher/template.ts';
import { changeCustomer, type Customer, type CustomerInput } from '../../domain/customer.ts';
import type { Db } from '../client.ts';
import { customerColumns } from '../customer/customers.ts';
import { loyaltyCard } from '../voucher/vouchers.ts';

/** A voucher as a checkout reads it, with its campaign and its holder's test clock. */
export interface CheckoutVoucher {
  codeKey: string;
  id: string;
  code: string;
  revision: number;
  category: string | null;
  /** Where the project has a category of that name. */
  knownCategory: CategoryState | null;
  startDate: Date | null;
  expirationDate: Date | null;
  active: boolean;
  withdrawnReason: string | null;
  quantity: number | null;
  redeemedQuantity: number;
  holderId: string | null;
  holderOffsetMs: number | null;
  /** null: none */
  metadata: Record<string, unknown> | null;
  /** As Postgres writes it. */
  createdAt: string;
  /** JSON text of what it is, where it has no campaign. */
  definition: string | null;
  campaignId: string | null;
  /** The revision of the campaign's template that counts for it. */
  templateRevision: number | null;
  campaign: string | null;
  campaignActive: boolean | null;
  campaignType: string | null;
  campaignStartDate: Date | null;
  campaignExpirationDate: Date | null;
  /** The current revision of the campaign's template, whose limits count. */
  campaignRevision: number | null;
  /** campaign.counting */
  counting: number | null;
  /** `<id>@<revision>` of its validation rules; null: none. */
  ruleRefs: string[] | null;
  campaignRuleRefs: string[] | null;
  /** Until when some session may hold something of it. */
  lockedUntil: Date | null;
  /** Of a gift card. Minor units. */
  giftAmount: number | null;
  giftBalance: number | null;
  /** Of a loyalty card. */
  loyaltyCard: LoyaltyCard | null;
}

const voucherColumns = (db: Db) => db`
  v.code_key, v.id, v.code, v.revision, v.category, v.start_date, v.expiration_date, v.active, v.quantity, v.redeemed_quantity,
  case when v.withdrawn_at is not null then coalesce(v.withdrawn_reason, 'withdrawn') end as withdrawn_reason, v.holder_id,
  case when v.holder_id is not null then (
    select h.clock_offset_ms from customer h where h.project_id = v.project_id and h.id = v.holder_id) end as holder_offset_ms,
  nullif(v.metadata, '{}') as metadata, v.created_at::text as created_at, v.definition::text as definition, v.campaign_id,
  coalesce(c.revision, v.template_revision) as template_revision, c.name as campaign, c.active as campaign_active, c.campaign_type,
  c.start_date as campaign_start_date, c.expiration_date as campaign_expiration_date, c.campaign_revision, c.counting, v.locked_until,
  v.gift_amount, v.gift_balance, ${loyaltyCard(db)},
  case when v.category is not null then (
    select jsonb_build_object('id', k.id, 'name', k.name, 'hierarchy', k.hierarchy) from category k
    where k.project_id = v.project_id and k.name = v.category) end as known_category,
  v.rule_refs, c.rule_refs as campaign_rule_refs`;

/**
 * A STATIC campaign's voucher keeps the revision and the dates it was made with, an AUTO_UPDATE one's follow. `offset 0` makes it a look-up
 * for each voucher: as a plain join, it would be planned as a scan of all campaigns where they are few.
 */
const voucherSource = (db: Db) => db`
  voucher v
  left join lateral (
    select name, active, campaign_type, counting, rule_refs, revision as campaign_revision, case type when 'AUTO_UPDATE' then revision end as revision,
      case type when 'AUTO_UPDATE' then start_date end as start_date, case type when 'AUTO_UPDATE' then expiration_date end as expiration_date
    from campaign where project_id = v.project_id and id = v.campaign_id offset 0
  ) c on v.campaign_id is not null`;

const countingLock = (db: Db) => db`
  pg_advisory_xact_lock_shared(hashtextextended('counting ' || v.project_id || ' ' || v.campaign_id, 0))::text`;

/** The vouchers of these codes, in no order. */
export const readVouchers = (db: Db, projectId: string, codeKeys: string[]) => db<CheckoutVoucher[]>`
  select ${voucherColumns(db)} from ${voucherSource(db)} where v.project_id = ${projectId} and v.code_key = any(${codeKeys}::text[])`;

/**
 * Locks the vouchers of these codes that nobody else holds, in the order of their codes, without waiting, and reads them as they then
 * are. What else is to be decided by rows that the vouchers' locks protect has to be read in a statement of its own, after this one.
 * Their campaigns are shared on the way (db/checkout/counters.ts shareCounting); `checkCounting` then tells whether what was read of them holds.
 */
export const lockFreeVouchers = (db: Db, projectId: string, codeKeys: string[]) => db<CheckoutVoucher[]>`
  select ${voucherColumns(db)}, case when v.campaign_id is not null then ${countingLock(db)} end from ${voucherSource(db)} where v.project_id = ${projectId} and v.code_key = any(${codeKeys}::text[])
  order by v.code_key for no key update of v skip locked`;

/** Which of these codes exist, whoever holds them. */
export const findCodes = (db: Db, projectId: string, codeKeys: string[]) => db<{ codeKey: string }[]>`
  select code_key from voucher where project_id = ${projectId} and code_key = any(${codeKeys}::text[])`;

/** Locks one voucher, waiting at most so long for who holds it; after that, Postgres says lock_not_available. */
export const awaitVoucher = (db: Db, projectId: string, codeKey: string, waitMs: number) => [
  db`select set_config('lock_timeout', ${String(waitMs)}, true)`,
  db`select 1 from voucher where project_id = ${projectId} and code_key = ${codeKey} for no key update`,
];

export interface TemplateRow {
  campaignId: string;
  revision: number;
  template: VoucherTemplate;
}

export const readTemplates = (db: Db, projectId: string, wanted: { campaignId: string; revision: number }[]) => db<TemplateRow[]>`
  select campaign_id, revision, template from campaign_template
  where project_id = ${projectId} and (campaign_id, revision) in (
    select * from unnest(${wanted.map((each) => each.campaignId)}::text[], ${wanted.map((each) => each.revision)}::int[]))`;

/** Who a request names: by our id, or by what the shop calls them; with what it tells of them. */
export interface NamedCustomer extends Omit<CustomerInput, 'sourceId'> {
  id?: string;
  sourceId?: string;
}

/** A customer as a checkout needs them. */
export interface CheckoutCustomer {
  id: string;
  sourceId: string;
  clockOffsetMs: number;
  /** True where the request tells something new of them. */
  changed: boolean;
}

const IDENTITY = new Set(['id', 'sourceId']);

/** True where the request says more than who it is. */
const tellsMore = (named: NamedCustomer): boolean => {
  for (const field in named) if (!IDENTITY.has(field) && named[field as keyof NamedCustomer] !== undefined) return true;
  return false;
};

const readIdentities = (db: Db, projectId: string, ids: string[], sourceIds: string[]) => db<Customer[]>`
  select c.* from unnest(${sourceIds}::text[]) as asked (name), lateral (
    select id, source_id, clock_offset_ms from customer where project_id = ${projectId} and source_id = asked.name offset 0) c
  union all
  select c.* from unnest(${ids}::text[]) as asked (name), lateral (
    select id, source_id, clock_offset_ms from customer where project_id = ${projectId} and id = asked.name offset 0) c`;

const readCustomers = (db: Db, projectId: string, ids: string[], sourceIds: string[]) => db<Customer[]>`
  select ${customerColumns(db)} from customer
  where project_id = ${projectId} and (source_id = any(${sourceIds}::text[]) or id = any(${ids}::text[]))`;

/** Finds the customers whom requests name. The query is sent when `rows` is executed; `match` then finds each request's customer. */
export const lookUpCustomers = (db: Db, projectId: string, named: NamedCustomer[]) => {
  const ids = named.flatMap((each) => each.id ?? []);
  const sourceIds = named.flatMap((each) => each.sourceId ?? []);
  const full = named.some(tellsMore);
  return {
    rows: full ? readCustomers(db, projectId, ids, sourceIds) : readIdentities(db, projectId, ids, sourceIds),
    /** @returns undefined where nobody is known by that name */
    match: (rows: Customer[]) => {
      const bySourceId = new Map(rows.map((row) => [row.sourceId, row]));
      const byId = new Map(rows.map((row) => [row.id, row]));
      return (who: NamedCustomer): CheckoutCustomer | undefined => {
        const row = (who.sourceId !== undefined && bySourceId.get(who.sourceId)) || (who.id !== undefined && byId.get(who.id));
        if (!row) return undefined;
        const { id, sourceId, clockOffsetMs } = row;
        return { id, sourceId, clockOffsetMs, changed: tellsMore(who) && changeCustomer(row, withoutIdentity(who)) !== row };
      };
    },
  };
};

const withoutIdentity = ({ id: _id, sourceId: _sourceId, ...change }: NamedCustomer) => change;

/** What redemptions did to a voucher; negative where they were taken back. */
export interface UseChange {
  voucherId: string;
  quantity: number;
  /** Minor units. */
  amount: number;
  /** What was spent of a gift card, in minor units. */
  credits: number;
}

/** One change for each voucher, however many requests redeemed it. */
const summed = (changes: UseChange[]): UseChange[] => {
  const byVoucher = new Map<string, UseChange>();
  for (const change of changes) {
    const sum = byVoucher.get(change.voucherId);
    if (sum) {
      sum.quantity += change.quantity;
      sum.amount += change.amount;
      sum.credits += change.credits;
    } else byVoucher.set(change.voucherId, { ...change });
  }
  return [...byVoucher.values()];
};

/** Changes what vouchers that are locked count of themselves. */
export const changeUses = (db: Db, projectId: string, uses: UseChange[]) => {
  const changes = summed(uses);
  return db`
    update voucher v set redeemed_quantity = v.redeemed_quantity + c.quantity, redeemed_amount = v.redeemed_amount + c.amount
      ${changes.some((each) => each.credits !== 0) ? db`, gift_balance = v.gift_balance - c.credits` : db``}
    from unnest(${changes.map((each) => each.voucherId)}::text[], ${changes.map((each) => each.quantity)}::int[],
      ${changes.map((each) => each.amount)}::bigint[], ${changes.map((each) => each.credits)}::bigint[]) as c (id, quantity, amount, credits)
    where v.project_id = ${projectId} and v.id = c.id`;
};
