import type { Tx } from '../client.ts';

/** When a member is to be looked at again, since what they collected until then counts from then on. */
export interface TierLook {
  customerId: string;
  /** By the member's clock, ISO 8601. */
  dueAt: string;
}

interface Program {
  projectId: string;
  campaignId: string;
}

/** Keeps when members are to be looked at again; the members are locked. */
export const keepTierLooks = async (tx: Tx, { projectId, campaignId }: Program, looks: readonly TierLook[]): Promise<void> => {
  if (looks.length === 0) return;
  await tx`
    insert into loyalty_tier_look (project_id, campaign_id, customer_id, due_at)
    select ${projectId}, ${campaignId}, customer_id, due_at
    from unnest(${looks.map((each) => each.customerId)}::text[], ${looks.map((each) => each.dueAt)}::timestamptz[]) as l (customer_id, due_at)
    on conflict (project_id, campaign_id, customer_id) do update set due_at = excluded.due_at`;
};

/** Forgets looks that were taken: those of members whose time has come. One that was put off stays. @param now real time */
export const forgetDueLooks = async (tx: Tx, members: readonly (Program & { customerId: string })[], now: Date): Promise<void> => {
  await tx`
    delete from loyalty_tier_look l using (
      select d.project_id, d.campaign_id, d.customer_id from loyalty_tier_look d
      join customer c on c.project_id = d.project_id and c.id = d.customer_id
      where d.due_at <= ${now}::timestamptz + c.clock_offset_ms * interval '1 millisecond' and (d.project_id, d.campaign_id, d.customer_id) in (
        select * from unnest(${members.map((each) => each.projectId)}::text[], ${members.map((each) => each.campaignId)}::text[],
          ${members.map((each) => each.customerId)}::text[]))
      order by d.project_id, d.campaign_id, d.customer_id for update of d
    ) due where l.project_id = due.project_id and l.campaign_id = due.campaign_id and l.customer_id = due.customer_id`;
};
