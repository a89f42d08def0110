import type { Db, Tx } from '../client.ts';

export type SuppressionReason = 'bounced' | 'complained' | 'unsubscribed' | 'manual';

/** The topic of mails that a customer asked for by what they did; an unsubscribe does not stop them. */
export const TRANSACTIONAL = 'transactional';

export const EVERY_TOPIC = '*';

/**
 * Which mails may not be sent, and why. An address that bounced or complained gets nothing; who unsubscribed, from the topic or from
 * all, gets transactional mail only.
 * @returns reasons by the delivery's id
 */
export const findSuppressed = async (
  db: Db,
  mails: { id: string; projectId: string; customerId: string | null; to: string; topic: string }[],
): Promise<Map<string, string>> => {
  const input = mails.map((mail) => ({
    id: mail.id,
    project_id: mail.projectId,
    customer_id: mail.customerId,
    email: mail.to,
    topic: mail.topic,
  }));
  const rows = await db<{ id: string; reason: string }[]>`
    with input as (
      select * from jsonb_to_recordset(${db.json(input)}) as t (id text, project_id text, customer_id text, email text, topic text)
    )
    select i.id, s.reason from input i join suppression s
      on s.project_id = i.project_id and s.email = lower(i.email) and s.topic in (i.topic, ${EVERY_TOPIC})
    where s.reason <> 'unsubscribed' or i.topic <> ${TRANSACTIONAL}
    union all
    select i.id, 'unsubscribed' from input i join customer c on c.project_id = i.project_id and c.id = i.customer_id
    where c.unsubscribed_at is not null and i.topic <> ${TRANSACTIONAL}`;
  return new Map(rows.map((row) => [row.id, row.reason]));
};

/**
 * Suppresses an address for a topic, or `*` for all. A bounce or a complaint replaces an unsubscribe, not the other way round.
 * @returns whether anything changed
 */
export const suppress = async (
  tx: Tx,
  { projectId, email, topic, reason }: { projectId: string; email: string; topic: string; reason: SuppressionReason },
): Promise<boolean> => {
  const written = await tx`
    insert into suppression (project_id, email, topic, reason) values (${projectId}, lower(${email}), ${topic}, ${reason})
    on conflict (project_id, email, topic) do update set reason = excluded.reason
    where suppression.reason = 'unsubscribed' and excluded.reason <> 'unsubscribed'`;
  return written.count > 0;
};

/** An address that gets no more, as a sender told. */
export interface Suppression {
  email: string;
  topic: string;
  reason: Exclude<SuppressionReason, 'manual'>;
}

/**
 * Suppresses addresses of a project, all in one statement; who unsubscribed from everything is marked as a customer, too. Among several of
 * one address and topic a bounce or a complaint counts.
 */
export const suppressAll = async (tx: Tx, projectId: string, suppressions: Suppression[], now: Date): Promise<void> => {
  if (suppressions.length === 0) return;
  const told = suppressions.map((suppression) => ({ ...suppression, email: suppression.email.toLowerCase() }));
  const distinct = new Map<string, Suppression>();
  for (const each of told) {
    const key = `${each.email} ${each.topic}`;
    if ((distinct.get(key)?.reason ?? 'unsubscribed') === 'unsubscribed') distinct.set(key, each);
  }
  // Who left has left, whatever else is told of the address.
  const leaving = told.filter(({ reason, topic }) => reason === 'unsubscribed' && topic === EVERY_TOPIC);
  if (leaving.length > 0)
    await tx`
      with leaving as (
        select id from customer
        where lower(email) = any(${leaving.map(({ email }) => email)}::text[]) and project_id = ${projectId} and email is not null
          and unsubscribed_at is null
        order by id for no key update
      )
      update customer c set unsubscribed_at = ${now}, updated_at = ${now} from leaving where c.project_id = ${projectId} and c.id = leaving.id`;
  const rows = [...distinct.values()];
  await tx`
    insert into suppression (project_id, email, topic, reason)
    select ${projectId}, email, topic, reason
    from unnest(${rows.map(({ email }) => email)}::text[], ${rows.map(({ topic }) => topic)}::text[], ${rows.map(({ reason }) => reason)}::text[])
      as t (email, topic, reason)
    order by email, topic
    on conflict (project_id, email, topic) do update set reason = excluded.reason
    where suppression.reason = 'unsubscribed' and excluded.reason <> 'unsubscribed'`;
};
