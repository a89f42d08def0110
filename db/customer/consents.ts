import { DomainError, type FieldProblem, invalidPayload } from '../../domain/errors.ts';
import type { Db, Tx } from '../client.ts';
import type { Customer } from './customers.ts';
import { recordEvents } from '../event/events.ts';
import { idTime, newId } from '../ids.ts';

/** Something that customers may be asked to agree to. */
export interface Consent {
  id: string;
  name: string;
  description: string;
  category: string;
  createdAt: Date;
  updatedAt: Date | null;
}

/** What a customer said to a consent; null where they were not asked. */
export interface GivenConsent {
  consentId: string;
  name: string;
  given: boolean | null;
  decidedAt: Date | null;
}

const columns = (db: Db) => db`id, name, description, category, created_at, updated_at`;

/** A project has few: they are told all at once. */
const MOST_CONSENTS = 200;

export const listConsents = (db: Db, projectId: string) =>
  db<Consent[]>`select ${columns(db)} from consent where project_id = ${projectId} order by id`;

/** @throws DomainError duplicate_found, where there is one of this name; invalid_payload, where there are very many already */
export const createConsent = async (
  tx: Tx,
  projectId: string,
  { name, description, category }: Pick<Consent, 'name' | 'description' | 'category'>,
): Promise<Consent> => {
  await tx`select from project where id = ${projectId} for no key update`;
  const [count] = await tx<{ total: number }[]>`select count(*) as total from consent where project_id = ${projectId}`;
  if (count!.total >= MOST_CONSENTS)
    throw invalidPayload([
      { path: 'name', message: `must not be given: the project has ${MOST_CONSENTS} consents, the most there can be` },
    ]);
  const id = newId('consent');
  const [row] = await tx<Consent[]>`
    insert into consent (project_id, id, name, description, category, created_at)
    values (${projectId}, ${id}, ${name}, ${description}, ${category}, ${idTime(id)})
    on conflict (project_id, name) do nothing returning ${columns(tx)}`;
  if (!row)
    throw new DomainError('duplicate_found', 'Duplicate found', {
      details: `There is a consent ${name} already`,
      resource: { id: name, type: 'consent' },
    });
  return row;
};

/** @returns false where there is none */
export const deleteConsent = async (tx: Tx, projectId: string, id: string): Promise<boolean> =>
  (await tx`delete from consent where project_id = ${projectId} and id = ${id}`).count > 0;

/** What a customer said to each consent of the project. */
export const consentsOf = (db: Db, projectId: string, customerId: string) => db<GivenConsent[]>`
  select c.id as consent_id, c.name, g.given, g.decided_at from consent c
  left join customer_consent g on g.project_id = c.project_id and g.consent_id = c.id and g.customer_id = ${customerId}
  where c.project_id = ${projectId} order by c.id`;

/** Consents by id or name. @throws DomainError invalid_payload that names those that are not there */
const idsOf = async (tx: Tx, projectId: string, names: string[]): Promise<Map<string, Consent>> => {
  const known = await listConsents(tx, projectId);
  const found = new Map(
    names.flatMap((name) => {
      const consent = known.find(({ id }) => id === name) ?? known.find((each) => each.name === name);
      return consent ? [[name, consent] as const] : [];
    }),
  );
  const fields = names
    .filter((name) => !found.has(name))
    .map((path): FieldProblem => ({ path, message: 'is the id or name of no consent' }));
  if (fields.length > 0) throw invalidPayload(fields);
  return found;
};

/** Two names of one consent have the later answer. */
const decisionsOf = (given: Readonly<Record<string, boolean>>, consents: ReadonlyMap<string, Consent>): Map<Consent, boolean> =>
  new Map(Object.entries(given).map(([name, value]) => [consents.get(name)!, value]));

/**
 * Keeps what a customer agrees to, and to what no more, by the ids or names of consents, and tells of what changed.
 * @throws DomainError invalid_payload, where there is no such consent
 */
export const decideConsents = async (tx: Tx, customer: Customer, given: Readonly<Record<string, boolean>>, now: Date): Promise<void> => {
  const { projectId, id: customerId } = customer;
  const consents = await idsOf(tx, projectId, Object.keys(given));
  const decisions = [...decisionsOf(given, consents)].toSorted(([a], [b]) => (a.id < b.id ? -1 : 1));
  await tx`select from customer where project_id = ${projectId} and id = ${customerId} for no key update`;
  const changed = await tx<{ consentId: string; given: boolean }[]>`
    insert into customer_consent as k (project_id, customer_id, consent_id, given, decided_at)
    select ${projectId}, ${customerId}, i.id, i.given::boolean, ${now}
    from unnest(${decisions.map(([{ id }]) => id)}::text[], ${decisions.map(([, value]) => String(value))}::text[]) as i (id, given)
    on conflict (project_id, customer_id, consent_id) do update set given = excluded.given, decided_at = excluded.decided_at
      where k.given is distinct from excluded.given
    returning consent_id, given`;
  const names = new Map(decisions.map(([consent]) => [consent.id, consent.name]));
  await recordEvents(
    tx,
    [true, false].flatMap((value) => {
      const ids = changed.filter((each) => each.given === value).map(({ consentId }) => consentId);
      if (ids.length === 0) return [];
      return [
        {
          projectId,
          type: value ? 'customer.consents.given' : 'customer.consents.revoked',
          customerId,
          data: { consents: ids.map((id) => ({ id, name: names.get(id)! })) },
          dedupeKey: null,
          occurredAt: new Date(now.getTime() + customer.clockOffsetMs),
        },
      ];
    }),
  );
};
