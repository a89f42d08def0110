import { customerCondition } from '../../db/filter/customer-filter.ts';
import type { Tx } from '../../db/client.ts';
import type { Fragment } from '../../db/filter/condition.ts';
import { newId } from '../../db/ids.ts';
import { insertLaunch, type Launch } from '../../db/journey/launches.ts';
import { findSegment, segmentCondition } from '../../db/customer/segments.ts';
import { CUSTOMER_FIELDS } from '../../domain/filter/customer-filter.ts';
import { DomainError, type FieldProblem } from '../../domain/errors.ts';
import { checkFilter } from '../../domain/filter/filter.ts';
import type { LaunchTime } from '../../domain/journey/launch-time.ts';
import type { Audience } from '../../domain/journey/trigger.ts';

export interface LaunchRequest {
  projectId: string;
  journeyId: string;
  version: number;
  audience: Audience;
  data: Record<string, unknown>;
  startsPerSecond: number | null;
  sendsPerSecond: number | null;
  localTime: LaunchTime | null;
  /** The run of a schedule, which launches once. */
  scheduleRun: string | null;
}

/**
 * Launches a journey for an audience, as it is now.
 * @returns null where this run of a schedule launched already
 * @throws DomainError invalid_payload, where the audience names what does not exist
 */
export const launchJourney = async (tx: Tx, request: LaunchRequest, now: Date): Promise<Launch | null> => {
  const { condition } = await membersOf(tx, request.projectId, request.audience, now);
  return insertLaunch(tx, { ...request, id: newId('launch'), nextStartAt: now, createdAt: now }, condition);
};

const refuse = (fields: FieldProblem[]): DomainError =>
  new DomainError('invalid_payload', 'The audience cannot be found.', { details: fields[0]?.message ?? '', fields });

/** A fragment of SQL stands in an object, since it is a promise of its rows. */
const membersOf = async (
  tx: Tx,
  projectId: string,
  { segment, customers, query }: Audience,
  now: Date,
): Promise<{ condition: Fragment }> => {
  if (segment !== undefined) {
    const found = await findSegment(tx, projectId, segment);
    if (found === null) throw refuse([{ path: 'audience.segment', message: `there is no segment ${segment} in this project` }]);
    return { condition: segmentCondition(tx, found, now) };
  }
  if (customers !== undefined) {
    await requireCustomers(tx, projectId, customers);
    return { condition: tx`(c.id = any(${customers}::text[]) or c.source_id = any(${customers}::text[]))` };
  }
  const { filter, problems } = checkFilter(query ?? {}, CUSTOMER_FIELDS, 'audience.query');
  if (filter === null) throw refuse(problems);
  return { condition: customerCondition(tx, filter, now) };
};

const requireCustomers = async (tx: Tx, projectId: string, names: string[]): Promise<void> => {
  const known = await tx<{ id: string; sourceId: string }[]>`
    select id, source_id from customer
    where project_id = ${projectId} and (id = any(${names}::text[]) or source_id = any(${names}::text[]))`;
  const all = new Set(known.flatMap(({ id, sourceId }) => [id, sourceId]));
  const missing = names.flatMap((name, index) =>
    all.has(name) ? [] : [{ path: `audience.customers[${index}]`, message: `there is no customer ${name}` }],
  );
  if (missing.length > 0) throw refuse(missing);
};
