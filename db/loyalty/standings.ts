import { standingNow, TIER_RULES, type Standing, type TierMove, type TierRange } from '../../domain/loyalty/tier.ts';
import type { Db, Tx } from '../client.ts';
import { countTierPoints, timeOf, type TieredProgram, type TierMember } from './tier-points.ts';
import { recordEvents, type NewEvent } from '../event/events.ts';
import { keepTierLooks } from './tier-looks.ts';
import { loyaltyTierView, tierColumns, tiersOfPrograms, type LoyaltyTier } from './tiers.ts';

/** A member of a loyalty program. */
export interface ProgramMember {
  projectId: string;
  campaignId: string;
  customerId: string;
}

/** Which of these programs have tiers, or members on one that is there no more. */
const readPrograms = (db: Db, projectId: string, campaignIds: readonly string[]) => db<TieredProgram[]>`
  select c.id, c.name, t.template->'loyalty_tiers_expiration' as rules, p.timezone as zone
  from campaign c
  join campaign_template t on t.project_id = c.project_id and t.campaign_id = c.id and t.revision = c.revision
  join project p on p.id = c.project_id
  where c.project_id = ${projectId} and c.id = any(${campaignIds as string[]}::text[])
    and (exists (select from loyalty_tier l where l.project_id = c.project_id and l.campaign_id = c.id))`;

/**
 * Members as they stand, locked in the order of their ids, so that two who look at one of them at once look one after the other. What they stand on
 * and have is read once the locks are there: the statement that waits for them sees what was before.
 */
const lockMembers = async (tx: Tx, projectId: string, campaignId: string, customerIds: readonly string[]): Promise<TierMember[]> => {
  await tx`
    select 1 from customer c where c.project_id = ${projectId} and c.id = any(${customerIds as string[]}::text[]) order by c.id for no key update`;
  return tx<TierMember[]>`
    select c.id as customer_id, c.clock_offset_ms, m.tier_id, m.start_date, m.expiration_date, (
        select coalesce(sum(v.loyalty_balance), 0)::bigint from voucher v
        where v.project_id = c.project_id and v.campaign_id = ${campaignId} and v.holder_id = c.id and v.loyalty_points is not null) as balance
    from customer c
    left join loyalty_tier_member m on m.project_id = c.project_id and m.campaign_id = ${campaignId} and m.customer_id = c.id
    where c.project_id = ${projectId} and c.id = any(${customerIds as string[]}::text[]) order by c.id`;
};

const standingOf = ({ tierId, startDate, expirationDate }: TierMember): Standing | null =>
  tierId === null ? null : { tierId, since: startDate!.toISOString(), until: expirationDate?.toISOString() ?? null };

interface Moved {
  member: TierMember;
  standing: Standing | null;
  move: TierMove | null;
}

const writeStandings = async (tx: Tx, projectId: string, campaignId: string, moved: readonly Moved[], now: Date): Promise<void> => {
  const left = moved.filter(({ standing }) => standing === null).map(({ member }) => member.customerId);
  if (left.length > 0)
    await tx`
      delete from loyalty_tier_member where project_id = ${projectId} and campaign_id = ${campaignId} and customer_id = any(${left}::text[])`;
  const standing = moved.flatMap(({ member, standing: at }) => (at ? [{ customerId: member.customerId, ...at }] : []));
  if (standing.length === 0) return;
  await tx`
    insert into loyalty_tier_member (project_id, campaign_id, customer_id, tier_id, start_date, expiration_date, created_at)
    select ${projectId}, ${campaignId}, customer_id, tier_id, since, until, ${now}
    from unnest(${standing.map((each) => each.customerId)}::text[], ${standing.map((each) => each.tierId)}::text[],
      ${standing.map((each) => each.since)}::timestamptz[], ${standing.map((each) => each.until)}::timestamptz[]) as s (customer_id, tier_id, since, until)
    on conflict (project_id, campaign_id, customer_id) do update set tier_id = excluded.tier_id, start_date = excluded.start_date,
      expiration_date = excluded.expiration_date, updated_at = ${now}`;
};

/** How a move is told: from where to where, by the names of the Voucherify API. */
const moveEvent = (
  projectId: string,
  { id, name }: TieredProgram,
  tiers: ReadonlyMap<string, LoyaltyTier>,
  { member, standing, move }: Moved,
  now: Date,
): NewEvent => {
  const view = (tierId: string | undefined | null) => {
    const tier = tierId ? tiers.get(tierId) : undefined;
    return tier && loyaltyTierView(tier);
  };
  const [from, to] = [view(member.tierId), view(standing?.tierId)];
  return {
    projectId,
    type: `customer.loyalty.tier.${move}`,
    customerId: member.customerId,
    data: {
      customer: { id: member.customerId, object: 'customer' },
      campaign: { id, name, object: 'campaign' },
      loyalty_tier: to ?? from ?? null,
      ...((move === 'upgraded' || move === 'downgraded') && { loyalty_tier_from: from, loyalty_tier_to: to }),
      ...(standing && { expiration_date: standing.until }),
    },
    dedupeKey: null,
    occurredAt: new Date(timeOf(member, now)),
  };
};

const rangeOf = ({ id, pointsFrom: from, pointsTo: to }: LoyaltyTier): TierRange => ({ id, from, to });

const settleProgram = async (
  tx: Tx,
  projectId: string,
  program: TieredProgram,
  tiers: readonly LoyaltyTier[],
  customerIds: readonly string[],
  now: Date,
) => {
  const members = await lockMembers(tx, projectId, program.id, customerIds);
  const { points, looks } = await countTierPoints(tx, projectId, program, members, now);
  await keepTierLooks(tx, { projectId, campaignId: program.id }, looks);
  const ranges = tiers.map(rangeOf);
  const moved = members.flatMap((member): Moved[] => {
    const before = standingOf(member);
    const facts = { points: points.get(member.customerId) ?? 0, at: timeOf(member, now), zone: program.zone };
    const { standing, move } = standingNow(ranges, program.rules ?? TIER_RULES, before, facts);
    return standing === before && move === null ? [] : [{ member, standing, move }];
  });
  if (moved.length === 0) return;
  await writeStandings(tx, projectId, program.id, moved, now);
  const byId = new Map(tiers.map((tier) => [tier.id, tier]));
  await recordEvents(
    tx,
    moved.flatMap((each) => (each.move === null ? [] : [moveEvent(projectId, program, byId, each, now)])),
  );
};

/** Brings the tiers of members up to date and tells who moved. Programs without tiers cost one read. @param now real time */
export const settleStandings = async (tx: Tx, members: readonly ProgramMember[], now: Date): Promise<void> => {
  for (const [projectId, ofProject] of Map.groupBy(members, (member) => member.projectId)) {
    const byProgram = Map.groupBy(ofProject, (member) => member.campaignId);
    const programs = await readPrograms(tx, projectId, [...byProgram.keys()]);
    if (programs.length === 0) continue;
    const tiers = Map.groupBy(
      await tiersOfPrograms(
        tx,
        projectId,
        programs.map(({ id }) => id),
      ),
      (tier) => tier.campaignId,
    );
    for (const program of programs) {
      const customerIds = [...new Set(byProgram.get(program.id)!.map((member) => member.customerId))];
      await settleProgram(tx, projectId, program, tiers.get(program.id) ?? [], customerIds, now);
    }
  }
};

/** Members whose tier is over by their time, or of whom something counts from now on, at most so many. */
export const findOverdueStandings = (db: Db, now: Date, most: number) => db<ProgramMember[]>`
  (select m.project_id, m.campaign_id, m.customer_id from loyalty_tier_member m
  join customer c on c.project_id = m.project_id and c.id = m.customer_id
  where m.expiration_date <= ${now}::timestamptz + c.clock_offset_ms * interval '1 millisecond' limit ${most})
  union
  (select l.project_id, l.campaign_id, l.customer_id from loyalty_tier_look l
  join customer c on c.project_id = l.project_id and c.id = l.customer_id
  where l.due_at <= ${now}::timestamptz + c.clock_offset_ms * interval '1 millisecond' limit ${most})`;

const SWEPT_AT_ONCE = 500;

/**
 * Looks at the next members of a program whose tiers changed: of this one, or of one that nobody else works on.
 * @returns false where there is none
 */
export const sweepTiersOn = async (tx: Tx, now: Date, program?: { projectId: string; id: string }): Promise<boolean> => {
  const which = program ? tx`where project_id = ${program.projectId} and campaign_id = ${program.id}` : tx``;
  const [sweep] = await tx<{ projectId: string; campaignId: string; sweptTo: string }[]>`
    select project_id, campaign_id, swept_to from loyalty_tier_sweep ${which} order by project_id, campaign_id limit 1 for no key update skip locked`;
  if (!sweep) return false;
  const { projectId, campaignId, sweptTo } = sweep;
  const rows = await tx<{ customerId: string }[]>`
    select distinct holder_id as customer_id from voucher
    where project_id = ${projectId} and campaign_id = ${campaignId} and loyalty_points is not null and holder_id > ${sweptTo}
    order by 1 limit ${SWEPT_AT_ONCE}`;
  await settleStandings(
    tx,
    rows.map(({ customerId }) => ({ projectId, campaignId, customerId })),
    now,
  );
  if (rows.length < SWEPT_AT_ONCE) await tx`delete from loyalty_tier_sweep where project_id = ${projectId} and campaign_id = ${campaignId}`;
  else
    await tx`
      update loyalty_tier_sweep set swept_to = ${rows.at(-1)!.customerId} where project_id = ${projectId} and campaign_id = ${campaignId}`;
  return true;
};

/** A tier on which a member stands, with since when and until when. */
export interface StandingTier extends LoyaltyTier {
  customerId: string;
  startDate: Date;
  expirationDate: Date | null;
  standingSince: Date;
  standingUpdatedAt: Date | null;
}

/** The tiers on which customers stand: in one program, or in all. */
export const readMemberTiers = (db: Db, projectId: string, customerIds: readonly string[], campaignIds?: readonly string[]) => db<
  StandingTier[]
>`
  select ${tierColumns(db)}, m.customer_id, m.start_date, m.expiration_date, m.created_at as standing_since, m.updated_at as standing_updated_at
  from loyalty_tier_member m join loyalty_tier t on t.project_id = m.project_id and t.id = m.tier_id
  where m.project_id = ${projectId} and m.customer_id = any(${customerIds as string[]}::text[])
    ${campaignIds === undefined ? db`` : db`and m.campaign_id = any(${campaignIds as string[]}::text[])`}
  order by m.campaign_id`;
