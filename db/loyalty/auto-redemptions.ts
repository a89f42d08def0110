import type { PointsMapping } from '../../domain/loyalty/mapping.ts';
import type { Db, Tx } from '../client.ts';

/** A card to look at: whether it has enough points for the reward that members of its program get by themselves. */
export interface AskedCard {
  projectId: string;
  voucherId: string;
  /** What asks; the last that did. */
  causeId: string;
}

/** Asks to look at cards whose points changed, those of programs that give a reward by itself. */
export const askAutoRedemptions = async (tx: Tx, cards: readonly AskedCard[]): Promise<void> => {
  const last = new Map(cards.map((card) => [`${card.projectId} ${card.voucherId}`, card]));
  const rows = [...last.values()];
  if (rows.length === 0) return;
  await tx`
    insert into auto_redemption (project_id, voucher_id, cause_id)
    select v.project_id, v.id, c.cause_id
    from unnest(${rows.map((row) => row.projectId)}::text[], ${rows.map((row) => row.voucherId)}::text[], ${rows.map((row) => row.causeId)}::text[])
      as c (project_id, voucher_id, cause_id)
    join voucher v on v.project_id = c.project_id and v.id = c.voucher_id and v.loyalty_balance > 0
    join reward_assignment a on a.project_id = v.project_id and a.campaign_id = v.campaign_id and a.auto_redeem
    order by v.project_id, v.id
    on conflict (project_id, voucher_id) do update set cause_id = excluded.cause_id`;
};

/** Asks to look at all cards of a program that somebody has: what its members get by themselves changed. */
export const askAutoRedemptionsOf = async (
  tx: Tx,
  { projectId, campaignId }: { projectId: string; campaignId: string },
  causeId: string,
): Promise<void> => {
  await tx`
    insert into auto_redemption (project_id, voucher_id, cause_id)
    select v.project_id, v.id, ${causeId} from voucher v
    where v.project_id = ${projectId} and v.campaign_id = ${campaignId} and v.loyalty_balance > 0 and v.holder_id is not null
    order by v.id
    on conflict (project_id, voucher_id) do update set cause_id = excluded.cause_id`;
};

/** A card that is to be looked at, with what it may get. */
export interface AutoRedemption extends AskedCard {
  code: string;
  holderId: string | null;
  /** The holder's test clock. */
  clockOffsetMs: number;
  balance: number;
  /** What its program gives by itself; null: nothing any more. */
  assignmentId: string | null;
  points: number | null;
  /** What the holder's tier makes of that, and when the tier counts. */
  mapping: PointsMapping | null;
  tierFrom: Date | null;
  tierUntil: Date | null;
  /** How many the card got on which day (YYYY-MM-DD). */
  day: string | null;
  given: number;
}

/** Cards that are to be looked at, at most so many, in the order of their ids. @param after the last of those before */
export const findAutoRedemptions = (db: Db, most: number, after?: Pick<AskedCard, 'projectId' | 'voucherId'>) => db<AutoRedemption[]>`
  select r.project_id, r.voucher_id, r.cause_id, r.day::text as day, r.given, v.code, v.holder_id, v.loyalty_balance as balance,
    coalesce(c.clock_offset_ms, 0) as clock_offset_ms, a.id as assignment_id, a.points, t.rewards->a.reward_id as mapping,
    m.start_date as tier_from, m.expiration_date as tier_until
  from auto_redemption r
  join voucher v on v.project_id = r.project_id and v.id = r.voucher_id
  left join customer c on c.project_id = v.project_id and c.id = v.holder_id
  left join reward_assignment a on a.project_id = v.project_id and a.campaign_id = v.campaign_id and a.auto_redeem
  left join loyalty_tier_member m on m.project_id = v.project_id and m.campaign_id = v.campaign_id and m.customer_id = v.holder_id
  left join loyalty_tier t on t.project_id = m.project_id and t.id = m.tier_id
  where r.cause_id is not null ${after ? db`and (r.project_id, r.voucher_id) > (${after.projectId}, ${after.voucherId})` : db``}
  order by r.project_id, r.voucher_id limit ${most}`;

/** What came of looking at a card. */
export interface LookedAt extends AskedCard {
  /** YYYY-MM-DD, where the project is. */
  day: string;
  /** How many rewards it got now. */
  given: number;
}

/** Says that cards were looked at. One that somebody asked for meanwhile is looked at again. */
export const settleAutoRedemptions = async (db: Db, rows: readonly LookedAt[]): Promise<void> => {
  if (rows.length === 0) return;
  await db`
    update auto_redemption r set cause_id = case when r.cause_id = l.cause_id then null else r.cause_id end, day = l.day,
      given = case when r.day = l.day then r.given else 0 end + l.given
    from unnest(${rows.map((row) => row.projectId)}::text[], ${rows.map((row) => row.voucherId)}::text[], ${rows.map((row) => row.causeId)}::text[],
      ${rows.map((row) => row.day)}::date[], ${rows.map((row) => row.given)}::integer[]) as l (project_id, voucher_id, cause_id, day, given)
    where r.project_id = l.project_id and r.voucher_id = l.voucher_id`;
};
